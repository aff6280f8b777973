using System.Runtime.CompilerServices;
using SshGateway.Hosting.Files;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Yaml;

/// <summary>
/// The objects of a directory's manifests. A file that cannot be read, or has a bad document, keeps what it last
/// contributed; only a good document or a deleted file takes an object away.
/// </summary>
internal sealed class DirectorySource(string directory, TimeProvider time, ILogger<DirectorySource> logger) : IClusterSource
{
    // A file system that does not answer holds whoever asks it, for as long as it likes.
    private static readonly TimeSpan MaxScan = TimeSpan.FromSeconds(10);

    private readonly LinkTargets _links = new(directory);
    private readonly SortedDictionary<string, FileState> _files = new(StringComparer.Ordinal);
    private Dictionary<ObjectKey, KubernetesObject> _told = [];
    private HashSet<string> _problems = [];
    private long _scanBegun;
    private volatile string? _scanned;

    public string? Problem => _scanned is { } path && time.GetElapsedTime(Interlocked.Read(ref _scanBegun)) is var taken && taken > MaxScan
        ? $"{path} has not answered for {taken.TotalSeconds:F0} s; the sessions are those of before" : null;

    public async IAsyncEnumerable<ClusterChanges> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Watching first: a change during the scan is then seen by the next one.
        using DirectoryWatch watch = Ask(() => new DirectoryWatch(directory, time));
        Ask(Scan);
        yield return TakeChanges(isFirst: true);
        while (true)
        {
            await watch.WaitAsync(() => Ask(_links.HaveChanged), cancellationToken);
            if (Ask(Scan))
            {
                yield return TakeChanges(isFirst: false);
            }
        }
    }

    public void CatchUp(ClusterVersions minimum)
    {
        // Files have no versions: nobody waits for any.
    }

    private T Ask<T>(Func<T> question)
    {
        StandAt(directory);
        try
        {
            return question();
        }
        finally
        {
            _scanned = null;
        }
    }

    private void StandAt(string path)
    {
        Interlocked.Exchange(ref _scanBegun, time.GetTimestamp());
        _scanned = path;
    }

    /// <returns>Whether anything changed.</returns>
    private bool Scan()
    {
        var unreadable = new List<string>();
        bool changed = false;
        try
        {
            HashSet<string> gone = [.. _files.Keys];
            // Names with a leading dot are what editors and ConfigMap mounts use for things in the making.
            foreach (FileInfo file in _links.List(f => f.Extension is ".yaml" or ".yml" && !f.Name.StartsWith('.')))
            {
                gone.Remove(file.Name);
                StandAt(file.FullName);
                try
                {
                    changed |= Read(file);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    unreadable.Add($"{file.Name}: cannot be read ({exception.Message}); what it last contributed stays in force");
                }
            }
            foreach (string name in gone)
            {
                changed |= _files.Remove(name);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            unreadable.Add($"the directory {directory} cannot be read ({exception.Message}); all sessions stay in force");
        }
        Report([.. unreadable, .. _files.Values.SelectMany(f => f.Problems), .. Duplicates().Select(d => d.Problem)]);
        return changed;
    }

    private bool Read(FileInfo file)
    {
        string content = RegularFile.ReadText(file.FullName);
        FileState? previous = _files.GetValueOrDefault(file.Name);
        if (previous?.Content == content)
        {
            return false;
        }
        _files[file.Name] = FileState.Read(file.Name, content, previous);
        return true;
    }

    private ClusterChanges TakeChanges(bool isFirst)
    {
        HashSet<(string, ObjectKey)> ignored = [.. Duplicates().Select(d => (d.File, d.Key))];
        var objects = _files.SelectMany(f => f.Value.Objects.Where(o => !ignored.Contains((f.Key, o.Key)))).ToDictionary(o => o.Key);
        // A file that did not change keeps its objects.
        KubernetesObject[] changed = [.. objects.Values.Where(o => !ReferenceEquals(_told.GetValueOrDefault(o.Key), o))];
        ObjectKey[] removed = [.. _told.Keys.Where(key => !objects.ContainsKey(key))];
        _told = objects;
        return new ClusterChanges
        {
            Sessions = [.. changed.OfType<ClaudeSession>()],
            Pods = [.. changed.OfType<Pod>()],
            KeyObjects = [.. changed.OfType<KeyObject>()],
            KeyCollections = isFirst ? KeyCollection.AllRead : [],
            Removed = removed,
        };
    }

    // Of two files with one object the first by name counts, whichever came first: a restart must not change it.
    private IEnumerable<(string File, ObjectKey Key, string Problem)> Duplicates() =>
        from contribution in _files.SelectMany(f => f.Value.Objects.Select(o => (File: f.Key, o.Key)))
        group contribution.File by contribution.Key into files
        from file in files.Skip(1)
        select (file, files.Key, $"{file}: {files.Key} is in {files.First()} already; remove it from one of the two");

    private void Report(IReadOnlyList<string> problems)
    {
        foreach (string problem in problems.Where(p => !_problems.Contains(p)))
        {
            ManifestLog.Problem(logger, problem);
        }
        _problems = [.. problems];
    }
}

internal static partial class ManifestLog
{
    [LoggerMessage(1, LogLevel.Error, "{Problem}")]
    public static partial void Problem(ILogger logger, string problem);
}
