using System.Diagnostics;
using System.Globalization;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// What the cryptography alone costs on this machine at this moment, as the stock openssl measures it in CPU time: what
/// the gateway's own CPU time is compared with, as seconds mean little on a machine that others use.
/// </summary>
internal static class CryptoFloor
{
    public const string Name = "openssl";

    private const double GiB = 1 << 30;

    /// <summary>One decryption and one encryption of a GiB in records of 32 KiB.</summary>
    public static async Task<double> SecondsPerGiBAsync(string cipher)
    {
        string name = cipher.StartsWith("aes128-gcm", StringComparison.Ordinal) ? "aes-128-gcm" : "chacha20-poly1305";
        string[] fields = await SpeedAsync("+F:", "-bytes", "32768", "-evp", name);
        return 2 * GiB / Number(fields[3]);
    }

    /// <summary>
    /// A login on both legs: four X25519 operations, three Ed25519 signatures (host key, certificate, its key) and two
    /// verifications (client, pod).
    /// </summary>
    public static async Task<double> MillisecondsPerLoginAsync()
    {
        string[] agreement = await SpeedAsync("+F5:", "ecdhx25519");
        string[] signatures = await SpeedAsync("+F6:", "ed25519");
        return 1000 * ((4 / Number(agreement[3])) + (3 / Number(signatures[4])) + (2 / Number(signatures[5])));
    }

    private static async Task<string[]> SpeedAsync(string prefix, params string[] algorithm)
    {
        using Process openssl = Process.Start(
            new ProcessStartInfo("openssl", ["speed", "-mr", "-seconds", "1", .. algorithm]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        openssl.ErrorDataReceived += (_, _) => { };
        openssl.BeginErrorReadLine();
        string output = await openssl.StandardOutput.ReadToEndAsync();
        await openssl.WaitForExitAsync();
        return output.Split('\n').First(line => line.StartsWith(prefix, StringComparison.Ordinal)).Split(':');
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
