using System.Globalization;

namespace SshGateway.Tests.Support.Harness;

/// <summary>Bytes that look random, are the same on each run and cost next to nothing to make.</summary>
internal static class ByteStream
{
    // The whole machine may be busy with the test that asks.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>A shell command that writes them.</summary>
    public static string Command(int number, long length)
    {
        string key = number.ToString("x32", CultureInfo.InvariantCulture);
        return $"head -c {length} /dev/zero | openssl enc -aes-128-ctr -nosalt -K {key} -iv {key}";
    }

    /// <summary>Their SHA-256, in hexadecimal.</summary>
    public static async Task<string> ChecksumAsync(int number, long length)
    {
        CommandResult sum = await Harness.Command.ShellAsync($"{Command(number, length)} | sha256sum", Deadline);
        Assert.True(sum.Succeeded, sum.ToString());
        return sum.Text.Split(' ')[0];
    }
}
