using System.Globalization;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>
/// Compares versions of one server. They are opaque by contract, but a number on every API server there is, and by
/// KEP-5504 in the contract as such; what is no number is not compared.
/// </summary>
internal static class ResourceVersions
{
    public static bool IsOlder(string version, string than) => Number(version) is { } left && Number(than) is { } right && left < right;

    public static ulong? Number(string version) =>
        ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
}
