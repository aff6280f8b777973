using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Operator.Routing;

/// <summary>The usable keys of one list of the spec; the others are named and skipped.</summary>
internal static class KeyLines
{
    /// <param name="field">The list's path in the spec.</param>
    /// <param name="lines">Its lines.</param>
    /// <param name="maximum">How many of them count.</param>
    /// <param name="problems">Gets a sentence for each line that is skipped.</param>
    /// <param name="ofHosts">Host keys: those of security keys are none.</param>
    public static IReadOnlyList<SshPublicKey> Parse(string field, IReadOnlyList<string?>? lines, int maximum, List<string> problems, bool ofHosts = false)
    {
        var keys = new List<SshPublicKey>();
        for (int i = 0; i < Math.Min(lines?.Count ?? 0, maximum); i++)
        {
            try
            {
                SshPublicKey key = SshPublicKey.ParseLine(lines![i] ?? "");
                if (ofHosts && SshKeyTypes.IsSecurityKey(key.Type))
                {
                    throw new SshFormatException("a security key is no host key");
                }
                keys.Add(key);
            }
            catch (SshFormatException exception)
            {
                problems.Add($"{field}[{i}]: this key is skipped: {exception.Message}");
            }
        }
        return keys;
    }
}
