namespace SshGateway.Tests.Support.Harness;

/// <summary>The directory that the operator watches. A file appears, changes and goes as a whole.</summary>
internal sealed class ManifestDirectory
{
    public string Location { get; } = ScratchDirectory.New("manifests");

    /// <summary>One file for the session and, where it has one, its pod.</summary>
    public void Write(SessionManifest session, PodManifest? pod = null) =>
        Write(session.Id, pod is null ? $"{session}" : $"{session}---\n{pod}");

    public void Write(string name, string yaml)
    {
        string file = Path.Combine(Location, name + ".yaml");
        string half = Path.Combine(Location, $".{name}.half");
        File.WriteAllText(half, yaml);
        File.Move(half, file, overwrite: true);
    }

    public void Remove(string name) => File.Delete(Path.Combine(Location, name + ".yaml"));
}
