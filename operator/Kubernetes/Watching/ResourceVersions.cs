using System.Globalization;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>
/// Compares versions of objects of one resource. By contract they are decimal numbers of at most 128 bits (KEP-5504,
/// Kubernetes 1.35). Before that they were opaque, but numbers on all known servers. What is no number is not compared.
/// </summary>
internal static class ResourceVersions
{
    public static bool IsOlder(string version, string than) =>
        UInt128.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out UInt128 left)
        && UInt128.TryParse(than, NumberStyles.None, CultureInfo.InvariantCulture, out UInt128 right) && left < right;

    /// <summary>The version as the feed carries it; null: it does not fit.</summary>
    public static ulong? Number(string version) =>
        ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
}
