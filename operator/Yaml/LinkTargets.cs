using SshGateway.Hosting.Files;

namespace SshGateway.Operator.Yaml;

/// <summary>
/// Where a directory and the links in it lead. git-sync turns a link to the whole directory, and a ConfigMap's files
/// are links by way of one that is turned: no event in the directory tells of it.
/// </summary>
internal sealed class LinkTargets(string directory)
{
    private readonly Dictionary<string, FileIdentity?> _links = new(StringComparer.Ordinal);
    private FileIdentity? _directory;

    /// <summary>Lists the directory's files, all of one directory, and keeps where they lead.</summary>
    /// <exception cref="IOException">The directory cannot be read, or is another one with every look.</exception>
    public IReadOnlyList<FileInfo> List(Func<FileInfo, bool> filter)
    {
        const int Attempts = 5;
        for (int i = 0; i < Attempts; i++)
        {
            _directory = FileIdentity.Find(directory);
            FileInfo[] files = [.. new DirectoryInfo(directory).EnumerateFiles().Where(filter).OrderBy(f => f.Name, StringComparer.Ordinal)];
            if (_directory is not null && !_directory.IsSameFile(FileIdentity.Find(directory)))
            {
                // Turned meanwhile: half a list would look like files that are gone.
                continue;
            }
            _links.Clear();
            foreach (FileInfo file in files.Where(f => f.LinkTarget is not null))
            {
                _links[file.FullName] = FileIdentity.Find(file.FullName);
            }
            return files;
        }
        throw new IOException("it is another directory with every look");
    }

    /// <summary>Whether the directory or a link leads elsewhere than when listed, or to a changed file.</summary>
    public bool HaveChanged() =>
        !Equals(_directory?.Inode, FileIdentity.Find(directory)?.Inode) || _links.Any(link => link.Value != FileIdentity.Find(link.Key));
}
