using System.Text;
using SshGateway.Exec.ApiServer;
using SshGateway.Tests.Support.ExecApi;
using SshGateway.Tests.Support.Fuzzing;
using Xunit;
using static SshGateway.Tests.Support.ExecApi.ServerBytes;

namespace SshGateway.Tests.Unit.Fuzzing;

/// <summary>
/// What an API server sends on a WebSocket: damaged input ends the stream with a sentence, and nothing else.
/// </summary>
public sealed class ExecStreamParserFuzzTests
{
    [Fact]
    public void Remote_commands() => FuzzRun.Parse(
        "remote command",
        [
            [.. Message(1, []), .. Message(1, "output\n"u8), .. Message(2, "errors"u8), .. Status("""{"metadata":{},"status":"Success"}"""), .. CloseFrame],
            [.. Message(1, new byte[300]), .. ExitStatus("7"), .. Message(255, [1]), .. CloseFrame],
            [.. Frame(Binary, false, [3]), .. Frame(Continuation, true, Encoding.UTF8.GetBytes("""{"status":"Failure","message":"\u00e9","reason":"InternalError"}""")), 0x89, 0, .. CloseFrame],
        ],
        bytes =>
        {
            var stream = new ExecStream(new ServerBytes(bytes).Connect(ExecStream.ProtocolV5), TimeProvider.System);
            byte[] buffer = new byte[64];
            int total = 0;
            while (Wait(stream.ReadAsync(buffer, CancellationToken.None)) is var read)
            {
                if (read.IsEnd)
                {
                    Wait(stream.DisposeAsync());
                    if (read.Kind == ExecReadKind.Failed)
                    {
                        throw read.Failure!;
                    }
                    // Status 0 is only what a Success says.
                    Assert.True(read.ExitStatus > 0 || bytes.AsSpan().IndexOf("Success"u8) >= 0);
                    return;
                }
                Assert.InRange(read.Count, 1, buffer.Length);
                total += read.Count;
                Assert.InRange(total, 1, bytes.Length);
            }
        },
        problem => problem is ApiServerException);

    [Fact]
    public void Forwarded_ports() => FuzzRun.Parse(
        "forwarded port",
        [
            [.. Message(0, [80, 0]), .. Message(1, [80, 0]), .. Message(0, "data"u8), .. Message(0, new byte[200]), .. CloseFrame],
            [.. Message(0, [80, 0]), .. Message(1, [80, 0]), .. Message(1, "error forwarding port 80"u8), .. CloseFrame],
        ],
        bytes =>
        {
            var stream = new PortForwardStream(new ServerBytes(bytes).Connect(ExecStream.ProtocolV4), 80);
            byte[] buffer = new byte[64];
            int total = 0;
            while (Wait(stream.ReadAsync(buffer, CancellationToken.None)) is > 0 and int count)
            {
                total += count;
                Assert.InRange(total, 1, bytes.Length);
            }
            Wait(stream.DisposeAsync());
        },
        problem => problem is ApiServerException);

    private static byte[] Status(string json) => Message(3, Encoding.UTF8.GetBytes(json));

    private static byte[] ExitStatus(string code) => Status(
        $$$"""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"{{{code}}}"}]}}""");

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();
}
