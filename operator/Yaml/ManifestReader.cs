using System.Text.Json;
using SshGateway.Kubernetes.Yaml;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Yaml;

/// <summary>Reads one file's objects and refuses what breaks their schema, as an API server would.</summary>
internal static class ManifestReader
{
    public static IReadOnlyList<ManifestDocument> Read(string fileName, string content) =>
        [.. YamlText.Split(content).SelectMany(document => Read(fileName, document))];

    private static List<ManifestDocument> Read(string fileName, YamlText document)
    {
        List<ManifestDocument> read = [];
        try
        {
            using YamlToJson yaml = YamlToJson.Convert(document.Text);
            if (!yaml.IsMapping)
            {
                throw new ManifestException("a manifest is a mapping that begins with apiVersion and kind", 1);
            }
            using JsonDocument json = JsonDocument.Parse(yaml.Json.ToArray());
            foreach (ManifestObject item in ManifestObject.Of(json.RootElement, yaml))
            {
                read.Add(Read(item));
            }
        }
        catch (ManifestException exception)
        {
            read.Add(Bad(null, exception));
        }
        return read;

        ManifestDocument Read(ManifestObject item)
        {
            ManifestSubject? subject = item.ReadSubject();
            try
            {
                return new ManifestDocument(document.Number, subject, Check(item, item.Decode()), null);
            }
            catch (ManifestException exception)
            {
                return Bad(subject, exception);
            }
        }

        ManifestDocument Bad(ManifestSubject? subject, ManifestException exception)
        {
            int line = document.FirstLine + exception.Line - 1;
            return new ManifestDocument(document.Number, subject, null, $"{fileName}: document {document.Number}, line {line}: {exception.Message}");
        }
    }

    private static KubernetesObject Check(ManifestObject item, KubernetesObject decoded)
    {
        if (item.FindUnknownField() is { } unknown)
        {
            throw item.Fault(unknown.Field, unknown.Meant is null ? "there is no such field" : $"there is no such field; did you mean {unknown.Meant}?");
        }
        if (decoded.Name.Length == 0)
        {
            throw item.Fault("metadata.name", "is missing; write the object's name");
        }
        if (decoded is Pod { Uid.Length: 0 })
        {
            throw item.Fault("metadata.uid", "is missing; write a word that is another one for every incarnation of the pod");
        }
        if (decoded is ClaudeSession session && SessionRules.Check(session).FirstOrDefault() is { } violation)
        {
            throw item.Fault(violation.Field, violation.Remedy);
        }
        return decoded;
    }
}
