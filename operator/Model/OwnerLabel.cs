using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SshGateway.Operator.Model;

/// <summary>
/// The label by which a person's sessions are found: kubectl selects by labels on every version, and by fields of a
/// custom resource only from Kubernetes 1.31 on.
/// </summary>
internal static partial class OwnerLabel
{
    public const string Name = "tars.cloudwalk.network/owner";

    // 63, the longest value, without "-" and the hash.
    private const int MaxPrefix = 52;
    private const int HashLength = 10;

    /// <summary>
    /// The label's value for an owner. A label cannot have all characters that spec.owner.user can. Where the owner is
    /// not a value itself, each byte that a value cannot have becomes "_", and a hash follows, so that two owners do
    /// not share a value. docs/tars.md has the same as a line of shell.
    /// </summary>
    public static string FindValue(string owner)
    {
        // An owner who looks like another one with a hash gets a hash of its own.
        if (LabelValue().IsMatch(owner) && !HashedValue().IsMatch(owner))
        {
            return owner;
        }
        byte[] bytes = Encoding.UTF8.GetBytes(owner);
        string replaced = string.Concat(bytes.Select(b => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' ? (char)b : '_'));
        string prefix = replaced.TrimStart('-', '_', '.');
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes))[..HashLength];
        return prefix.Length == 0 ? hash : $"{(prefix.Length > MaxPrefix ? prefix[..MaxPrefix] : prefix)}-{hash}";
    }

    [GeneratedRegex(@"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex LabelValue();

    [GeneratedRegex(@"(^|-)[0-9a-f]{10}\z")]
    private static partial Regex HashedValue();
}
