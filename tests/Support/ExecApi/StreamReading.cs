using SshGateway.Exec.ApiServer;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Support.ExecApi;

/// <summary>Reads streams of <see cref="PodClient"/> as tests need them.</summary>
internal static class StreamReading
{
    /// <summary>Reads all of a command's output, and how it ended.</summary>
    public static async Task<(byte[] Output, byte[] ErrorOutput, ExecRead End)> ReadToEndAsync(this ExecStream stream)
    {
        var output = new MemoryStream();
        var errorOutput = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            ExecRead read = await stream.ReadAsync(buffer, CancellationToken.None).Limited();
            if (read.IsEnd)
            {
                return (output.ToArray(), errorOutput.ToArray(), read);
            }
            (read.Kind == ExecReadKind.Output ? output : errorOutput).Write(buffer, 0, read.Count);
        }
    }

    /// <summary>Reads the output until it has a text.</summary>
    public static async Task ReadUntilAsync(this ExecStream stream, string text)
    {
        string output = "";
        byte[] buffer = new byte[1024];
        while (!output.Contains(text, StringComparison.Ordinal))
        {
            ExecRead read = await stream.ReadAsync(buffer, CancellationToken.None).Limited();
            Assert.False(read.IsEnd, $"The command ended ({read.Failure?.Message}) after \"{output}\", without \"{text}\".");
            output += System.Text.Encoding.UTF8.GetString(buffer, 0, read.Count);
        }
    }
}
