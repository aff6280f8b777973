namespace SshGateway.Tests.Support;

/// <summary>A directory of its own for one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sshgateway-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Write(string name, string content) => System.IO.File.WriteAllText(File(name), content);

    /// <summary>As careful writers do: the new content appears at once or not at all.</summary>
    public void WriteByRename(string name, string content)
    {
        string draft = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(File(name))!, $".{System.IO.Path.GetFileName(name)}.new");
        System.IO.File.WriteAllText(draft, content);
        System.IO.File.Move(draft, File(name), overwrite: true);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
