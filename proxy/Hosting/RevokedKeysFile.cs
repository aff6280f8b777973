using System.Security.Cryptography;
using SshGateway.Hosting;
using SshGateway.Hosting.Files;
using SshGateway.Proxy.Authentication;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Hosting;

/// <summary>
/// Reads <c>Proxy:RevokedKeys</c>, and again every two seconds: by its content, because Kubernetes changes a mounted
/// file by a symbolic link. A file that cannot be used refuses the start; later it leaves the last good list in force,
/// so that nothing that was revoked comes back.
/// </summary>
internal sealed class RevokedKeysFile : BackgroundService, IReloadable
{
    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly RevokedKeys _revokedKeys;
    private readonly TimeProvider _time;
    private readonly ILogger<RevokedKeysFile> _logger;
    private byte[] _digest = [];
    private string? _problem;

    /// <exception cref="SshFormatException">The file cannot be used; the message names it.</exception>
    public RevokedKeysFile(string path, RevokedKeys revokedKeys, TimeProvider time, ILogger<RevokedKeysFile> logger)
    {
        (_path, _revokedKeys, _time, _logger) = (path, revokedKeys, time, logger);
        Read();
    }

    public string Content => "Proxy:RevokedKeys";

    public string? Reload()
    {
        lock (_lock)
        {
            Refresh();
            return _problem;
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Supervision.RunAsync(nameof(RevokedKeysFile), RunAsync, _time, _logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RereadInterval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            Reload();
        }
    }

    private void Refresh()
    {
        try
        {
            Read();
            _problem = null;
        }
        catch (SshFormatException problem)
        {
            if (_problem != problem.Message)
            {
                _problem = problem.Message;
                RevokedKeysLog.Unusable(_logger, _problem);
            }
        }
    }

    private void Read()
    {
        try
        {
            byte[] content = RegularFile.ReadBytes(_path, RevocationList.MaxSize);
            byte[] digest = SHA256.HashData(content);
            if (digest.AsSpan().SequenceEqual(_digest))
            {
                return;
            }
            RevocationList list = RevocationList.Parse(content);
            _digest = digest;
            _revokedKeys.List = list;
            RevokedKeysLog.Read(_logger, list.Count, _path);
        }
        catch (Exception problem) when (problem is SshFormatException or IOException or UnauthorizedAccessException)
        {
            throw new SshFormatException($"Proxy:RevokedKeys: the file '{_path}' cannot be used: {problem.Message}");
        }
    }
}

internal static partial class RevokedKeysLog
{
    [LoggerMessage(1, LogLevel.Information, "Read revoked keys from {Path} (entries: {Count})")]
    public static partial void Read(ILogger logger, int count, string path);

    [LoggerMessage(2, LogLevel.Error, "Cannot use the changed list of revoked keys; keeping the previous one: {Problem}")]
    public static partial void Unusable(ILogger logger, string problem);
}
