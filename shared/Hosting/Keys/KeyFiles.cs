using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using SshGateway.Hosting.Files;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Hosting.Keys;

/// <summary>
/// What is made of key files, and made anew when they change. They are looked at again when somebody asks for
/// it, every two seconds at most, by their content: Kubernetes changes a mounted Secret by putting a symbolic link
/// elsewhere. As long as they cannot be read, what was made last stays in force.
/// </summary>
internal class KeyFiles<TKey, T> : IReloadable
    where T : class
{
    private const int MaxFiles = 16;
    private const int MaxKeys = 16;

    private static readonly TimeSpan RereadInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly KeyFormat<TKey> _format;
    private readonly string _setting;
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<TKey>, T> _make;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile T _current;
    private byte[] _digest;
    private string? _problem;
    private long _readAt;

    /// <param name="format">What the files have.</param>
    /// <param name="setting">The setting that has the paths, for messages.</param>
    /// <param name="paths">Files, or directories of which each file of the format counts that is not hidden, in the
    /// order of the names.</param>
    /// <param name="make">Makes it of the keys, in that order. Earlier ones may still be in use: nobody disposes the
    /// keys.</param>
    /// <param name="logger">Told about changes and problems.</param>
    /// <exception cref="SshFormatException">They cannot be used; the message names the file and the remedy.</exception>
    public KeyFiles(KeyFormat<TKey> format, string setting, IEnumerable<string> paths, Func<IReadOnlyList<TKey>, T> make, TimeProvider time, ILogger logger)
    {
        (_format, _setting, _paths, _make, _time, _logger) = (format, setting, [.. paths], make, time, logger);
        _readAt = time.GetTimestamp();
        (_current, _digest, _) = Read([]) ?? throw new SshFormatException($"{setting}: no {format.Kind} is in {string.Join(", ", _paths)}");
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
                (_current, _digest, IReadOnlyList<TKey> keys) = changed;
                KeyFilesLog.Changed(_logger, _format.Kind, string.Join(", ", _paths), string.Join(", ", keys.Select(_format.Describe)));
            }
            _problem = null;
        }
        catch (SshFormatException problem)
        {
            if (_problem != problem.Message)
            {
                _problem = problem.Message;
                KeyFilesLog.Unusable(_logger, _format.Kind, _problem);
            }
        }
    }

    /// <summary>Null: nothing has changed.</summary>
    private (T Made, byte[] Digest, IReadOnlyList<TKey> Keys)? Read(byte[] digest)
    {
        (string Path, byte[] Content)[] files = [];
        try
        {
            files = [.. _paths.SelectMany(Expand).Select(path => (path, RegularFile.ReadBytes(path, _format.MaxSize)))];
            byte[] now = DigestOf(files);
            if (now.AsSpan().SequenceEqual(digest))
            {
                return null;
            }
            IReadOnlyList<TKey> keys = [.. files.SelectMany(file => _format.Parse(file.Content, file.Path))];
            return keys.Count is > 0 and <= MaxKeys
                ? (_make(keys), now, keys)
                : throw new SshFormatException($"there are {keys.Count} {_format.Kind}s in {string.Join(", ", _paths)}; write 1 to {MaxKeys}");
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

    private IEnumerable<string> Expand(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }
        string[] files = [.. Directory.EnumerateFiles(path).Where(IsKeyFile).Order(StringComparer.Ordinal).Take(MaxFiles + 1)];
        return files.Length is > 0 and <= MaxFiles
            ? files
            : throw new SshFormatException($"the directory '{path}' must have 1 to {MaxFiles} {_format.Kind} files");
    }

    private bool IsKeyFile(string file) => !Path.GetFileName(file).StartsWith('.') && _format.IsKeyFile(file);

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

/// <summary>What is made of private key files.</summary>
internal sealed class KeyFiles<T>(string setting, IEnumerable<string> paths, Func<IReadOnlyList<SshPrivateKey>, T> make, TimeProvider time, ILogger logger)
    : KeyFiles<SshPrivateKey, T>(KeyFormats.Private, setting, paths, make, time, logger)
    where T : class;

/// <summary>The same of public keys.</summary>
internal sealed class PublicKeyFiles<T>(string setting, IEnumerable<string> paths, Func<IReadOnlyList<SshPublicKey>, T> make, TimeProvider time, ILogger logger)
    : KeyFiles<SshPublicKey, T>(KeyFormats.Public, setting, paths, make, time, logger)
    where T : class;

internal static partial class KeyFilesLog
{
    [LoggerMessage(1, LogLevel.Information, "The {Kind}s in {Paths} changed. New connections use {Keys}")]
    public static partial void Changed(ILogger logger, string kind, string paths, string keys);

    [LoggerMessage(2, LogLevel.Error, "Cannot use the changed {Kind}s; keeping the previous ones: {Problem}")]
    public static partial void Unusable(ILogger logger, string kind, string problem);
}
