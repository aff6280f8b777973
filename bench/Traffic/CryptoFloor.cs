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

    /// <summary>
    /// Both sides' part in each key exchange: two keys and two secrets. openssl measures secrets only; a key takes as
    /// long, but less with P-256.
    /// </summary>
    /// <returns>Milliseconds by method. OpenSSL 3.0 has no ML-KEM, so mlkem768x25519-sha256 has its X25519 part
    /// only.</returns>
    public static async Task<IReadOnlyDictionary<string, double>> MillisecondsPerKeyExchangeAsync()
    {
        string[] lines = await RunSpeedAsync("ecdhp256", "ecdhp384", "ecdhp521", "ecdhx25519", "ffdh2048", "ffdh4096");
        double Both(string prefix, string bits) => 4000 / Number(lines.Select(line => line.Split(':')).First(line => line[0] == prefix && line[2] == bits)[3]);
        double x25519 = Both("+F5", "253");
        return new Dictionary<string, double>
        {
            ["mlkem768x25519-sha256"] = x25519,
            ["curve25519-sha256"] = x25519,
            ["ecdh-sha2-nistp256"] = Both("+F5", "256"),
            ["ecdh-sha2-nistp384"] = Both("+F5", "384"),
            ["ecdh-sha2-nistp521"] = Both("+F5", "521"),
            ["diffie-hellman-group16-sha512"] = Both("+F8", "4096"),
            ["diffie-hellman-group14-sha256"] = Both("+F8", "2048"),
        };
    }

    private static async Task<string[]> SpeedAsync(string prefix, params string[] algorithm) =>
        (await RunSpeedAsync(algorithm)).First(line => line.StartsWith(prefix, StringComparison.Ordinal)).Split(':');

    private static async Task<string[]> RunSpeedAsync(params string[] algorithm)
    {
        using Process openssl = Process.Start(
            new ProcessStartInfo("openssl", ["speed", "-mr", "-seconds", "1", .. algorithm]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        openssl.ErrorDataReceived += (_, _) => { };
        openssl.BeginErrorReadLine();
        string output = await openssl.StandardOutput.ReadToEndAsync();
        await openssl.WaitForExitAsync();
        return output.Split('\n');
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
