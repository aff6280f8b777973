namespace SshGateway.Tests.Support.Ssh;

/// <summary>Test vectors as their documents print them: hexadecimal with any white space.</summary>
internal static class Hex
{
    public static byte[] Bytes(params string[] parts) =>
        Convert.FromHexString(string.Concat(string.Concat(parts).Where(character => !char.IsWhiteSpace(character))));
}
