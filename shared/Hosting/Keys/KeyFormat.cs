using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Hosting.Keys;

/// <summary>How files of keys of one kind are found in a directory and read.</summary>
/// <param name="Kind">What messages call one, such as <c>private key</c>.</param>
/// <param name="MaxSize">Of a file.</param>
/// <param name="IsKeyFile">Whether this file of a directory counts.</param>
/// <param name="Parse">Reads a file of this content and path.</param>
/// <param name="Describe">Names a key in the log.</param>
internal sealed record KeyFormat<TKey>(
    string Kind, int MaxSize, Func<string, bool> IsKeyFile, Func<byte[], string, IEnumerable<TKey>> Parse, Func<TKey, string> Describe);

/// <summary>The two kinds.</summary>
internal static class KeyFormats
{
    private const string PublicSuffix = ".pub";
    private const int MaxPublicSize = 64 * 1024;

    /// <summary>One private key in a file. In a directory, each file but hidden ones and <c>*.pub</c>.</summary>
    public static readonly KeyFormat<SshPrivateKey> Private = new(
        "private key", OpenSshKeyFile.MaxSize, static path => !IsPublic(path), static (content, path) => [OpenSshKeyFile.Parse(content, path)],
        static key => Describe(key.PublicKey));

    /// <summary>
    /// Public keys, one a line, with empty lines and comments between them. In a directory, each file <c>*.pub</c> that
    /// is not hidden.
    /// </summary>
    public static readonly KeyFormat<SshPublicKey> Public = new("public key", MaxPublicSize, IsPublic, ParseLines, Describe);

    private static bool IsPublic(string path) => path.EndsWith(PublicSuffix, StringComparison.Ordinal);

    private static string Describe(SshPublicKey key) => $"{key.Type} {key.Fingerprint}";

    private static IEnumerable<SshPublicKey> ParseLines(byte[] content, string path)
    {
        int number = 0;
        foreach (string line in Encoding.UTF8.GetString(content).Split('\n'))
        {
            number++;
            string text = line.Trim();
            if (text.Length > 0 && text[0] != '#')
            {
                yield return ParseLine(text, path, number);
            }
        }
    }

    private static SshPublicKey ParseLine(string line, string path, int number)
    {
        try
        {
            return SshPublicKey.ParseLine(line);
        }
        catch (SshFormatException problem)
        {
            throw new SshFormatException($"the file '{path}' cannot be used: line {number}: {problem.Message}");
        }
    }
}
