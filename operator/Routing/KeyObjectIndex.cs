using SshGateway.Operator.Model;
using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.Routing;

/// <summary>
/// The ConfigMaps and Secrets with keys. A value is parsed once, when the first session needs it: the sessions of one
/// person share the keys.
/// </summary>
internal sealed class KeyObjectIndex
{
    private static readonly ParsedKeys None = new([], null);

    private readonly Dictionary<ObjectKey, ParsedObject> _objects = [];
    private readonly Dictionary<(string Kind, string Namespace), KeyCollection> _collections = [];

    public void Set(KeyObject keyObject) => _objects[keyObject.Key] = new ParsedObject(keyObject, new(StringComparer.Ordinal));

    public void Remove(ObjectKey key) => _objects.Remove(key);

    public void Set(KeyCollection collection) => _collections[(collection.Kind, collection.Namespace)] = collection;

    /// <summary>The usable keys that a reference leads to.</summary>
    /// <param name="missing">Why there is nothing to read; null: there is.</param>
    public ParsedKeys Find(ObjectKey key, KeysReference reference, out string? missing)
    {
        missing = null;
        if (!_objects.TryGetValue(key, out ParsedObject? found) || found.Object.Label(KeyObject.LabelName) is null)
        {
            missing = DescribeMissing(key, reference);
            return None;
        }
        string name = reference.Key ?? KeysReference.DefaultKey;
        if (found.Parsed.TryGetValue(name, out ParsedKeys? parsed))
        {
            return parsed;
        }
        if (found.Object.Find(name) is not { } text)
        {
            missing = reference.Optional == true ? null : $"{key.Kind} {key.Name} has no key {name}";
            return None;
        }
        return found.Parsed[name] = Parse($"{key.Kind} {key.Name}, key {name}", text);
    }

    private static ParsedKeys Parse(string file, KeyText value)
    {
        if (value.Text is not { } text)
        {
            return new ParsedKeys([], $"{file}: {value.Problem}");
        }
        List<string> problems = [];
        IReadOnlyList<SshPublicKey> keys = KeyLines.ParseFile(file, text, SessionRules.MaxAuthorizedKeys, problems);
        return new ParsedKeys(keys, problems is [var problem] ? problem : null);
    }

    // An object without the label is not read, so it cannot be told from one that does not exist.
    private string? DescribeMissing(ObjectKey key, KeysReference reference)
    {
        KeyCollection? collection = _collections.GetValueOrDefault((key.Kind, key.Namespace)) ?? _collections.GetValueOrDefault((key.Kind, ""));
        return collection switch
        {
            null => $"{key.Kind} {key.Name} has not been read yet",
            { Problem: { } problem } => $"{key.Kind} {key.Name} cannot be read: {problem}",
            _ when reference.Optional == true => null,
            _ => $"{key.Kind} {key.Name} does not exist, or does not have the label {KeyObject.LabelName}",
        };
    }

    /// <param name="Parsed">By the key of its data.</param>
    private sealed record ParsedObject(KeyObject Object, Dictionary<string, ParsedKeys> Parsed);
}

/// <summary>The keys of one value.</summary>
/// <param name="Skipped">Which lines cannot be used, as one sentence; null: all can.</param>
internal sealed record ParsedKeys(IReadOnlyList<SshPublicKey> Keys, string? Skipped);
