using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Revocation;

/// <summary>
/// One revoked key as text: a line of a public key file, or a fingerprint as ssh shows it. A certificate's line stands
/// for its key, as in sshd (authfile.c, sshkey_in_file).
/// </summary>
internal static class RevokedKeyLine
{
    /// <summary>Longer than the line of a certificate of the largest size that is read.</summary>
    private const int MaxLineLength = 64 * 1024;

    /// <summary>Reads a file of them. Empty lines and lines that begin with <c>#</c> are skipped.</summary>
    /// <exception cref="SshFormatException">A line is none. Skipping it would let a key in that somebody meant to
    /// revoke; sshd then refuses every login.</exception>
    public static void ReadAll(ReadOnlySpan<byte> file, RevocationList list)
    {
        int number = 0;
        foreach (Range range in file.SplitAny("\n\r"u8))
        {
            // CR and LF end one line together.
            int start = range.Start.Value;
            number += start == 0 || file[start - 1] == (byte)'\n' ? 1 : 0;
            ReadOnlySpan<byte> line = file[range].Trim(" \t"u8);
            if (line.IsEmpty || line[0] == (byte)'#')
            {
                continue;
            }
            try
            {
                string text = line.Length <= MaxLineLength ? Encoding.Latin1.GetString(line) : "";
                list.AddSha256(KeyDigest.FromHash(ParseHash(text)));
            }
            catch (SshFormatException problem)
            {
                throw new SshFormatException($"line {number}: {problem.Message}");
            }
        }
    }

    /// <summary>The SHA-256 of the key that is meant.</summary>
    /// <exception cref="SshFormatException">The line is neither a key nor a fingerprint; the message says
    /// why.</exception>
    public static byte[] ParseHash(string line)
    {
        // What follows the first line would be revoked by nobody.
        if (line.AsSpan().ContainsAny('\r', '\n'))
        {
            throw new SshFormatException("must be one line");
        }
        string[] words = line.Split([' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries);
        if (words is [var fingerprint, ..] && fingerprint.StartsWith("SHA256:", StringComparison.Ordinal))
        {
            return SshPublicKey.ParseFingerprint(fingerprint) ?? throw new SshFormatException(
                "must be a fingerprint as ssh-keygen -l prints it, SHA256:<43 characters of base64>");
        }
        if (words.Length < 2)
        {
            throw new SshFormatException(
                "must be a line of a public key file, \"<type> <base64> [comment]\", or a fingerprint, \"SHA256:...\"");
        }
        return SHA256.HashData(ReadKey(words[0], words[1]).Span);
    }

    private static ReadOnlyMemory<byte> ReadKey(string type, string base64)
    {
        byte[] blob;
        try
        {
            blob = Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw new SshFormatException("must have base64 as its second word");
        }
        if (!new SshReader(blob).ReadString().SequenceEqual(Encoding.UTF8.GetBytes(type)))
        {
            throw new SshFormatException("must begin with the type that the key itself names");
        }
        if (PublicKeyAlgorithm.IsCertificateName(type))
        {
            return SshCertificate.Parse(blob).Key.Blob;
        }
        return type == SshKeyTypes.Rsa ? ReadRsa(blob) : SshPublicKey.Parse(blob).Blob;
    }

    // Of any size: one that is too short or too long to log in may be revoked all the same.
    private static byte[] ReadRsa(byte[] blob)
    {
        var reader = new SshReader(blob);
        reader.ReadString();
        reader.ReadPositiveMpint();
        reader.ReadPositiveMpint();
        reader.End();
        return blob;
    }
}
