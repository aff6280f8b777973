using SshGateway.Hosting;
using SshGateway.Hosting.Files;
using SshGateway.Hosting.Keys;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Hosting;

/// <summary>
/// The gateway's host keys with the certificates that lie beside them as <c>*-cert.pub</c>, which are read again every
/// two seconds at most. A certificate that cannot be used, or that is not valid now, is named in the log: the last good
/// one of that file stays until it expires, and the key stays in any case.
/// </summary>
internal sealed class HostKeySource(
    IReadOnlyList<string> paths, KeyFiles<HostKeySet> keys, TimeProvider time, ILogger<HostKeySource> logger) : IReloadable
{
    private const string Suffix = "-cert.pub";
    private const int MaxFiles = 16;
    private const int MaxFileSize = 64 * 1024;

    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private volatile HostKeySet? _current;
    private HostKeySet? _keys;
    private HashSet<string> _offered = [];
    private Dictionary<string, HostCertificate> _read = [];
    private Dictionary<string, string> _problems = [];
    private long _readAt;

    /// <summary>What new connections use.</summary>
    public HostKeySet Current
    {
        get
        {
            HostKeySet now = keys.Current;
            bool isOld = now != Volatile.Read(ref _keys)
                || time.GetElapsedTime(Volatile.Read(ref _readAt)) >= RereadInterval;
            if (_current is not { } current)
            {
                lock (_lock)
                {
                    return Refresh(now);
                }
            }
            // One connection reads; the others go on with what there is.
            if (!isOld || !_lock.TryEnter())
            {
                return current;
            }
            try
            {
                return Refresh(now);
            }
            finally
            {
                _lock.Exit();
            }
        }
    }

    public string Content => "host certificates";

    public string? Reload()
    {
        lock (_lock)
        {
            Refresh(keys.Current);
            return _problems.Count == 0 ? null : string.Join("; ", _problems.Select(problem => $"{problem.Key}: {problem.Value}"));
        }
    }

    private HostKeySet Refresh(HostKeySet now)
    {
        Volatile.Write(ref _readAt, time.GetTimestamp());
        var problems = new Dictionary<string, string>();
        var read = new Dictionary<string, HostCertificate>();
        var offered = new Dictionary<SshPrivateKey, HostCertificate>();
        foreach (string file in FindFiles(problems))
        {
            // A file that is being written again leaves the certificate before it in force.
            if ((ReadFile(file, now, problems) ?? _read.GetValueOrDefault(file)) is not { } certificate)
            {
                continue;
            }
            read[file] = certificate;
            if (certificate.ProblemAt(time.GetUtcNow()) is { } problem)
            {
                problems[file] = $"it {problem}: {certificate}";
            }
            else if (now.Find(certificate.Key.Blob.Span) is { } key)
            {
                offered.TryAdd(key, certificate);
            }
        }
        LogProblems(problems);
        HashSet<string> blobs = [.. offered.Values.Select(certificate => Convert.ToBase64String(certificate.Blob))];
        if (_current is null || now != _keys || !blobs.SetEquals(_offered))
        {
            foreach (HostCertificate certificate in offered.Values)
            {
                if (!_offered.Contains(Convert.ToBase64String(certificate.Blob)))
                {
                    HostKeyLog.Offered(logger, certificate.ToString());
                }
            }
            _current = new HostKeySet(now.Keys, offered.ToDictionary(pair => pair.Key, pair => pair.Value.Blob));
            _offered = blobs;
            Volatile.Write(ref _keys, now);
        }
        _read = read;
        return _current;
    }

    private IEnumerable<string> FindFiles(Dictionary<string, string> problems)
    {
        foreach (string path in paths)
        {
            IReadOnlyList<string> files = [];
            try
            {
                files = Directory.Exists(path) ? FindInDirectory(path) : File.Exists(path + Suffix) ? [path + Suffix] : [];
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                problems[path] = problem.Message;
            }
            foreach (string file in files)
            {
                yield return file;
            }
        }
    }

    private static IReadOnlyList<string> FindInDirectory(string path) =>
    [
        .. Directory.EnumerateFiles(path, "*" + Suffix).Where(file => Path.GetFileName(file)[0] != '.')
            .Order(StringComparer.Ordinal).Take(MaxFiles),
    ];

    /// <summary>Null: it cannot be used, and <paramref name="problems"/> says why.</summary>
    private static HostCertificate? ReadFile(string file, HostKeySet now, Dictionary<string, string> problems)
    {
        try
        {
            HostCertificate certificate = HostCertificate.ParseLine(RegularFile.ReadText(file, MaxFileSize));
            // Compared with every key, as sshd does: the file's name need not say whose it is.
            return now.Find(certificate.Key.Blob.Span) is not null
                ? certificate
                : throw new SshFormatException(
                    $"it is about {certificate.Key.Type} {certificate.Key.Fingerprint}, which is none of the host keys");
        }
        catch (Exception problem) when (problem is SshFormatException or IOException or UnauthorizedAccessException)
        {
            problems[file] = problem.Message;
            return null;
        }
    }

    private void LogProblems(Dictionary<string, string> problems)
    {
        foreach ((string file, string problem) in problems)
        {
            if (_problems.GetValueOrDefault(file) != problem)
            {
                HostKeyLog.Unusable(logger, file, problem);
            }
        }
        _problems = problems;
    }
}

internal static partial class HostKeyLog
{
    [LoggerMessage(1, LogLevel.Information, "Offering host certificate {Certificate}")]
    public static partial void Offered(ILogger logger, string certificate);

    [LoggerMessage(
        2, LogLevel.Warning, "Cannot use host certificate {File}: {Problem}. The key itself stays in use")]
    public static partial void Unusable(ILogger logger, string file, string problem);
}
