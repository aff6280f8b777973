using SshGateway.Shared.Ssh;

namespace SshGateway.Operator.Routing;

/// <summary>The usable keys of one list of the spec; the others are named and skipped.</summary>
internal static class KeyLines
{
    public static IReadOnlyList<SshPublicKey> Parse(string field, IReadOnlyList<string?>? lines, int maximum, List<string> problems)
    {
        var keys = new List<SshPublicKey>();
        for (int i = 0; i < Math.Min(lines?.Count ?? 0, maximum); i++)
        {
            try
            {
                keys.Add(SshPublicKey.ParseLine(lines![i] ?? ""));
            }
            catch (SshFormatException exception)
            {
                problems.Add($"{field}[{i}]: this key is skipped: {exception.Message}");
            }
        }
        return keys;
    }
}
