using SshGateway.Operator.Model;

namespace SshGateway.Operator.Yaml;

/// <summary>What one file contributes.</summary>
/// <param name="Content">The text as it was last read.</param>
/// <param name="Objects">Its objects: those of the text, and those kept from before in place of bad documents.</param>
/// <param name="Problems">What is wrong with the text.</param>
internal sealed record FileState(string Content, IReadOnlyList<KubernetesObject> Objects, IReadOnlyList<string> Problems)
{
    private static readonly FileState Nothing = new("", [], []);

    /// <summary>The state after the file was read again.</summary>
    public static FileState Read(string fileName, string content, FileState? previous)
    {
        previous ??= Nothing;
        if (string.IsNullOrWhiteSpace(content))
        {
            // Most often a writer that truncated the file and is not done yet.
            string[] empty = [$"{fileName}: is empty; delete the file to remove its objects{Kept(previous.Objects)}"];
            return previous with { Content = content, Problems = empty };
        }
        IReadOnlyList<ManifestDocument> documents = ManifestReader.Read(fileName, content);
        var objects = new Dictionary<ObjectKey, KubernetesObject>();
        var firstIn = new Dictionary<ObjectKey, int>();
        List<string> problems = [];
        foreach (ManifestDocument document in documents)
        {
            if (document.Object is { } read && !objects.TryAdd(read.Key, read))
            {
                problems.Add($"{fileName}: document {document.Number}: {read.Key} is in document {firstIn[read.Key]} already; remove it from one of the two");
            }
            else if (document.Object is { } first)
            {
                firstIn[first.Key] = document.Number;
            }
        }
        ManifestDocument[] bad = [.. documents.Where(d => d.Problem is not null)];
        // A bad document that does not tell what it is about may be about any object that is missing now.
        KubernetesObject[] kept = [.. previous.Objects.Where(o => !objects.ContainsKey(o.Key) && bad.Any(d => d.Subject?.Concerns(o.Key) ?? true))];
        string note = Kept(kept);
        return new FileState(content, [.. objects.Values, .. kept], [.. bad.Select(d => d.Problem + note), .. problems]);
    }

    private static string Kept(IReadOnlyCollection<KubernetesObject> objects) =>
        objects.Count == 0 ? "" : $" (until this is mended, the file's last good {string.Join(", ", objects.Select(o => o.Key))} stays in force)";
}
