using System.Security.Cryptography;
using System.Text;
using SshGateway.Hosting;
using SshGateway.Hosting.Files;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Hosting;

/// <summary>
/// What is made of key files, and made anew when they change. They are looked at again when somebody asks for
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
    private readonly bool _isPublic;
    private readonly Func<IReadOnlyList<KeyFile>, (T Made, IEnumerable<SshPublicKey> Keys)> _make;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile T _current;
    private byte[] _digest;
    private string? _problem;
    private long _readAt;

    /// <summary>Of private keys.</summary>
    /// <param name="setting">The setting that has the paths, for messages.</param>
    /// <param name="paths">Files, or directories of which each file counts, in the order of the names, but for hidden
    /// ones and <c>*.pub</c>.</param>
    /// <param name="make">Makes it of the keys, in that order. Earlier ones may still be in use: nobody disposes the
    /// keys.</param>
    /// <param name="logger">Told about changes and problems.</param>
    /// <exception cref="SshFormatException">They cannot be used; the message names the file and the remedy.</exception>
    public KeyFiles(string setting, IEnumerable<string> paths, Func<IReadOnlyList<SshPrivateKey>, T> make, TimeProvider time, ILogger logger)
        : this(setting, paths, isPublic: false, files => Make(files, make), time, logger)
    {
    }

    private KeyFiles(
        string setting, IEnumerable<string> paths, bool isPublic, Func<IReadOnlyList<KeyFile>, (T Made, IEnumerable<SshPublicKey> Keys)> make, TimeProvider time,
        ILogger logger)
    {
        (_setting, _paths, _isPublic, _make, _time, _logger) = (setting, [.. paths], isPublic, make, time, logger);
        _readAt = time.GetTimestamp();
        (_current, _digest, _) = Read([]) ?? throw new SshFormatException($"{setting}: no {Kind} key is in {string.Join(", ", _paths)}");
    }

    /// <summary>Of public keys: lines as in <c>*.pub</c>, and of directories only such files.</summary>
    public static KeyFiles<T> OfPublicKeys(string setting, IEnumerable<string> paths, Func<IReadOnlyList<SshPublicKey>, T> make, TimeProvider time, ILogger logger) =>
        new(setting, paths, isPublic: true, files => Make(files, make), time, logger);

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

    private string Kind => _isPublic ? "public" : "private";

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
                (_current, _digest, IEnumerable<SshPublicKey> keys) = changed;
                KeyFilesLog.Changed(_logger, Kind, string.Join(", ", _paths), string.Join(", ", keys.Select(key => $"{key.Type} {key.Fingerprint}")));
            }
            _problem = null;
        }
        catch (SshFormatException problem)
        {
            if (_problem != problem.Message)
            {
                _problem = problem.Message;
                KeyFilesLog.Unusable(_logger, Kind, _problem);
            }
        }
    }

    /// <summary>Null: nothing has changed.</summary>
    private (T Made, byte[] Digest, IEnumerable<SshPublicKey> Keys)? Read(byte[] digest)
    {
        KeyFile[] files = [];
        try
        {
            files = [.. _paths.SelectMany(Expand).Select(path => new KeyFile(path, RegularFile.ReadBytes(path, OpenSshKeyFile.MaxSize)))];
            byte[] now = DigestOf(files);
            if (now.AsSpan().SequenceEqual(digest))
            {
                return null;
            }
            (T made, IEnumerable<SshPublicKey> keys) = _make(files);
            return (made, now, keys);
        }
        catch (Exception problem) when (problem is SshFormatException or IOException or UnauthorizedAccessException)
        {
            throw new SshFormatException($"{_setting}: {problem.Message}");
        }
        finally
        {
            foreach (KeyFile file in files)
            {
                CryptographicOperations.ZeroMemory(file.Content);
            }
        }
    }

    private static (T Made, IEnumerable<SshPublicKey> Keys) Make(IReadOnlyList<KeyFile> files, Func<IReadOnlyList<SshPrivateKey>, T> make)
    {
        IReadOnlyList<SshPrivateKey> keys = [.. files.Select(file => OpenSshKeyFile.Parse(file.Content, file.Path))];
        return (make(keys), keys.Select(key => key.PublicKey));
    }

    private static (T Made, IEnumerable<SshPublicKey> Keys) Make(IReadOnlyList<KeyFile> files, Func<IReadOnlyList<SshPublicKey>, T> make)
    {
        IReadOnlyList<SshPublicKey> keys = [.. files.SelectMany(ParseLines)];
        return keys.Count is > 0 and <= MaxFiles
            ? (make(keys), keys)
            : throw new SshFormatException($"there are {keys.Count} public keys in {string.Join(", ", files.Select(file => file.Path))}; write 1 to {MaxFiles}");
    }

    private static IEnumerable<SshPublicKey> ParseLines(KeyFile file)
    {
        foreach (string line in Encoding.UTF8.GetString(file.Content).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#')
            {
                continue;
            }
            SshPublicKey key;
            try
            {
                key = SshPublicKey.ParseLine(line);
            }
            catch (SshFormatException problem)
            {
                throw new SshFormatException($"the file '{file.Path}' cannot be used: {problem.Message}");
            }
            yield return key;
        }
    }

    private IEnumerable<string> Expand(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }
        string[] files = [.. Directory.EnumerateFiles(path).Where(Counts).Order(StringComparer.Ordinal).Take(MaxFiles + 1)];
        return files.Length is > 0 and <= MaxFiles
            ? files
            : throw new SshFormatException($"the directory '{path}' must have 1 to {MaxFiles} {Kind} key files");
    }

    private bool Counts(string file) => !Path.GetFileName(file).StartsWith('.') && file.EndsWith(".pub", StringComparison.Ordinal) == _isPublic;

    // Of names too: two files whose keys change places are a change.
    private static byte[] DigestOf(IEnumerable<KeyFile> files)
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

internal readonly record struct KeyFile(string Path, byte[] Content);

internal static partial class KeyFilesLog
{
    [LoggerMessage(1, LogLevel.Information, "The {Kind} keys in {Paths} changed. New connections use {Keys}")]
    public static partial void Changed(ILogger logger, string kind, string paths, string keys);

    [LoggerMessage(2, LogLevel.Error, "Cannot use the changed {Kind} keys; keeping the previous ones: {Problem}")]
    public static partial void Unusable(ILogger logger, string kind, string problem);
}
