using SshGateway.Hosting.Text;
using SshGateway.Operator.Model;
using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.Routing;

/// <summary>The keys that may log in: those of the session, then those of the objects that it names.</summary>
/// <param name="Keys">At most <see cref="SessionRules.MaxAuthorizedKeys"/>.</param>
/// <param name="Skipped">The lines that cannot be used, one sentence each.</param>
/// <param name="Missing">The objects of which nothing can be read, one sentence each.</param>
internal sealed record AuthorizedKeys(IReadOnlyList<SshPublicKey> Keys, IReadOnlyList<string> Skipped, IReadOnlyList<string> Missing)
{
    private const string Field = "spec.ssh.authorizedKeysFrom";

    public static AuthorizedKeys Read(ClaudeSession session, KeyObjectIndex keyObjects)
    {
        SshSpec? ssh = session.Spec?.Ssh;
        List<string> skipped = [];
        IReadOnlyList<SshPublicKey> own = KeyLines.Parse("spec.ssh.authorizedKeys", ssh?.AuthorizedKeys, SessionRules.MaxAuthorizedKeys, skipped);
        if (ssh?.AuthorizedKeysFrom is not { Count: > 0 } sources)
        {
            return new AuthorizedKeys(own, skipped, []);
        }
        List<string> missing = [];
        List<SshPublicKey> keys = [.. own];
        for (int i = 0; i < Math.Min(sources.Count, SessionRules.MaxKeysSources); i++)
        {
            // One without a name breaks a rule, and makes the session invalid.
            if (sources[i] is { } source && source.FindObject(session.Namespace) is { } key)
            {
                ParsedKeys found = keyObjects.Find(key, source.SecretRef ?? source.ConfigMapRef!, out string? reason);
                int tooMany = found.Keys.Count(candidate => !TryAdd(keys, candidate));
                missing.AddRange(reason is null ? [] : [$"{Field}[{i}]: {reason}"]);
                skipped.AddRange(found.Skipped is null ? [] : [$"{Field}[{i}]: {found.Skipped}"]);
                skipped.AddRange(tooMany == 0 ? []
                    : [$"{Field}[{i}]: {new Quantity(tooMany, "key")} of {key.Kind} {key.Name} skipped: a session has at most {SessionRules.MaxAuthorizedKeys} keys"]);
            }
        }
        return new AuthorizedKeys(keys, skipped, missing);
    }

    // A key that two of the lists have counts once.
    private static bool TryAdd(List<SshPublicKey> keys, SshPublicKey candidate)
    {
        if (keys.Any(known => known.Blob.Span.SequenceEqual(candidate.Blob.Span)))
        {
            return true;
        }
        if (keys.Count == SessionRules.MaxAuthorizedKeys)
        {
            return false;
        }
        keys.Add(candidate);
        return true;
    }
}
