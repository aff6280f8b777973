using System.Security.Cryptography;
using SshGateway.Proxy.Authentication;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Hosting;

/// <summary>
/// Reads <c>Proxy:RevokedKeys</c>, and again every two seconds: by its content, because Kubernetes changes a mounted
/// file by a symbolic link. A file that cannot be used refuses the start; later it leaves the last good list in force,
/// so that nothing that was revoked comes back.
/// </summary>
internal sealed class RevokedKeysFile : BackgroundService
{
    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(2);

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

    /// <summary>Looks at the file again.</summary>
    public void Refresh()
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RereadInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                Refresh();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private void Read()
    {
        try
        {
            byte[] content = ReadContent();
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
            throw new SshFormatException($"the file of revoked keys '{_path}' cannot be used: {problem.Message}");
        }
    }

    // The length of a file that is being written says nothing, and that of a device is zero.
    private byte[] ReadContent()
    {
        using FileStream file = File.OpenRead(_path);
        using var content = new MemoryStream();
        byte[] part = new byte[64 * 1024];
        for (int count; (count = file.Read(part)) > 0;)
        {
            if (content.Length + count > RevocationList.MaxSize)
            {
                throw new SshFormatException($"it has more than {RevocationList.MaxSize} bytes");
            }
            content.Write(part, 0, count);
        }
        return content.ToArray();
    }
}

internal static partial class RevokedKeysLog
{
    [LoggerMessage(1, LogLevel.Information, "Read revoked keys from {Path} (entries: {Count})")]
    public static partial void Read(ILogger logger, int count, string path);

    [LoggerMessage(2, LogLevel.Error, "Cannot use the changed list of revoked keys; keeping the previous one: {Problem}")]
    public static partial void Unusable(ILogger logger, string problem);
}
