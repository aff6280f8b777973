using System.Security.Cryptography;
using System.Text;
using SshGateway.Hosting;
using SshGateway.Hosting.Files;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Hosting;

/// <summary>
/// What is made of private key files, and made anew when they change. They are looked at again when somebody asks for
/// it, every two seconds at most, by their content: Kubernetes changes a mounted Secret by putting a symbolic link
/// elsewhere. As long as they cannot be read, what was made last stays in force.
/// </summary>
internal sealed class KeyFiles<T> : IReloadable
    where T : class
{
    private const int MaxFiles = 16;

    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly string _setting;
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<SshPrivateKey>, T> _make;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile T _current;
    private byte[] _digest;
    private string? _problem;
    private long _readAt;

    /// <param name="setting">The setting that has the paths, for messages.</param>
    /// <param name="paths">Files, or directories of which each file counts, in the order of the names, but for hidden
    /// ones and <c>*.pub</c>.</param>
    /// <param name="make">Makes it of the keys, in that order. Earlier ones may still be in use: nobody disposes the
    /// keys.</param>
    /// <param name="logger">Told about changes and problems.</param>
    /// <exception cref="SshFormatException">They cannot be used; the message names the file and the remedy.</exception>
    public KeyFiles(string setting, IEnumerable<string> paths, Func<IReadOnlyList<SshPrivateKey>, T> make, TimeProvider time, ILogger logger)
    {
        (_setting, _paths, _make, _time, _logger) = (setting, [.. paths], make, time, logger);
        _readAt = time.GetTimestamp();
        (_current, _digest, _) = Read([]) ?? throw new SshFormatException($"{setting}: no private key is in {string.Join(", ", _paths)}");
    }

    public T Current
    {
        get
        {
            // Whoever finds it too old reads; the others go on with what there is.
            if (_time.GetElapsedTime(Volatile.Read(ref _readAt)) >= RereadInterval && _lock.TryEnter())
            {
                try
                {
                    Refresh();
                }
                finally
                {
                    _lock.Exit();
                }
            }
            return _current;
        }
    }

    public string Content => _setting;

    public string? Reload()
    {
        lock (_lock)
        {
            Refresh();
            return _problem;
        }
    }

    private void Refresh()
    {
        Volatile.Write(ref _readAt, _time.GetTimestamp());
        try
        {
            if (Read(_digest) is { } changed)
            {
                (_current, _digest, IReadOnlyList<SshPrivateKey> keys) = changed;
                KeyFilesLog.Changed(_logger, string.Join(", ", _paths), string.Join(", ", keys.Select(key => $"{key.PublicKey.Type} {key.PublicKey.Fingerprint}")));
            }
            _problem = null;
        }
        catch (SshFormatException problem)
        {
            if (_problem != problem.Message)
            {
                _problem = problem.Message;
                KeyFilesLog.Unusable(_logger, _problem);
            }
        }
    }

    /// <summary>Null: nothing has changed.</summary>
    private (T Made, byte[] Digest, IReadOnlyList<SshPrivateKey> Keys)? Read(byte[] digest)
    {
        (string Path, byte[] Content)[] files = [];
        try
        {
            files = [.. _paths.SelectMany(Expand).Select(path => (path, RegularFile.ReadBytes(path, OpenSshKeyFile.MaxSize)))];
            byte[] now = DigestOf(files);
            if (now.AsSpan().SequenceEqual(digest))
            {
                return null;
            }
            IReadOnlyList<SshPrivateKey> keys = [.. files.Select(file => OpenSshKeyFile.Parse(file.Content, file.Path))];
            return (_make(keys), now, keys);
        }
        catch (Exception problem) when (problem is SshFormatException or IOException or UnauthorizedAccessException)
        {
            throw new SshFormatException($"{_setting}: {problem.Message}");
        }
        finally
        {
            foreach ((_, byte[] content) in files)
            {
                CryptographicOperations.ZeroMemory(content);
            }
        }
    }

    private static IEnumerable<string> Expand(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }
        string[] files = [.. Directory.EnumerateFiles(path).Where(IsPrivate).Order(StringComparer.Ordinal).Take(MaxFiles + 1)];
        return files.Length is > 0 and <= MaxFiles
            ? files
            : throw new SshFormatException($"the directory '{path}' must have 1 to {MaxFiles} private key files");
    }

    private static bool IsPrivate(string file) => !Path.GetFileName(file).StartsWith('.') && !file.EndsWith(".pub", StringComparison.Ordinal);

    // Of names too: two files whose keys change places are a change.
    private static byte[] DigestOf(IEnumerable<(string Path, byte[] Content)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string path, byte[] content) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{content.Length}\0"));
            hash.AppendData(content);
        }
        return hash.GetHashAndReset();
    }
}

internal static partial class KeyFilesLog
{
    [LoggerMessage(1, LogLevel.Information, "The private keys in {Paths} changed. New connections use {Keys}")]
    public static partial void Changed(ILogger logger, string paths, string keys);

    [LoggerMessage(2, LogLevel.Error, "Cannot use the changed private keys; keeping the previous ones: {Problem}")]
    public static partial void Unusable(ILogger logger, string problem);
}
