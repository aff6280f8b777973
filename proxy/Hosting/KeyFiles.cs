using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Hosting;

/// <summary>
/// What is made of private key files, and made anew when they change. They are looked at again when somebody asks for
/// it, every two seconds at most, by their content: Kubernetes changes a mounted Secret by putting a symbolic link
/// elsewhere. As long as they cannot be read, what was made last stays in force.
/// </summary>
internal sealed class KeyFiles<T>
    where T : class
{
    private const int MaxFiles = 16;

    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<SshPrivateKey>, T> _make;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile T _current;
    private byte[] _digest;
    private string? _problem;
    private long _readAt;

    /// <param name="paths">Files, or directories of which each file counts, in the order of the names, but for hidden
    /// ones and <c>*.pub</c>.</param>
    /// <param name="make">Makes it of the keys, in that order. Earlier ones may still be in use: nobody disposes the
    /// keys.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told about changes and problems.</param>
    /// <exception cref="SshFormatException">They cannot be used; the message names the file and the remedy.</exception>
    public KeyFiles(IEnumerable<string> paths, Func<IReadOnlyList<SshPrivateKey>, T> make, TimeProvider time, ILogger logger)
    {
        (_paths, _make, _time, _logger) = ([.. paths], make, time, logger);
        _readAt = time.GetTimestamp();
        (_current, _digest, _) = Read([]) ?? throw new SshFormatException($"no private key is in {string.Join(", ", _paths)}");
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
        try
        {
            string[] files = [.. _paths.SelectMany(Expand)];
            byte[] now = DigestOf(files);
            if (now.AsSpan().SequenceEqual(digest))
            {
                return null;
            }
            IReadOnlyList<SshPrivateKey> keys = [.. files.Select(OpenSshKeyFile.Load)];
            return (_make(keys), now, keys);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new SshFormatException($"private keys cannot be read: {problem.Message}");
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
    private static byte[] DigestOf(IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
        {
            byte[] content = File.ReadAllBytes(file);
            hash.AppendData(Encoding.UTF8.GetBytes($"{file}\0{content.Length}\0"));
            hash.AppendData(content);
            CryptographicOperations.ZeroMemory(content);
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
