using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Support.ExecApi;

/// <summary>One exec: a real process of this machine, with pipes or a real terminal.</summary>
/// <param name="isV5">Whether the client can end the input.</param>
internal sealed class RemoteCommand(ChannelConnection connection, string[] command, bool tty, bool stdin, bool stderr, bool isV5)
{
    private const byte Output = 1;
    private const byte ErrorOutput = 2;
    private const byte Status = 3;

    /// <summary>How much kubelet copies at once.</summary>
    private const int PieceSize = 32 * 1024;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(10);

    private volatile Process? _process;
    private volatile bool _isNodeLost;
    private volatile bool _isDetached;

    /// <summary>Runs it to its end, and sends the status.</summary>
    /// <param name="cancellationToken">The client is gone.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Kubelet tells in this way that the streams are open.
        await connection.SendAsync(Output, ReadOnlyMemory<byte>.Empty, cancellationToken);
        using Terminal? terminal = tty ? Terminal.Open() : null;
        Process process;
        try
        {
            process = Start(terminal);
        }
        catch (Win32Exception exception)
        {
            await EndAsync(Failure($"Internal error occurred: error executing command in container: exec: \"{command[0]}\": {exception.Message}", "InternalError", null), cancellationToken);
            return;
        }
        using (process)
        {
            try
            {
                await RunAsync(process, terminal, cancellationToken);
            }
            finally
            {
                await StartedProcesses.EndAsync(process);
            }
        }
    }

    /// <summary>
    /// The connection to the node breaks. Then an API server that translates v5 reports success, and one that forwards
    /// v4 closes.
    /// </summary>
    public void LoseNode()
    {
        _isNodeLost = true;
        if (_process is { } process)
        {
            Kill(process);
        }
    }

    public static JsonObject Failure(string message, string reason, int? code) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["code"] = code,
    };

    private Process Start(Terminal? terminal)
    {
        if (terminal is not null)
        {
            return StartedProcesses.Start(terminal.Run(command));
        }
        return StartedProcesses.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
    }

    private async Task RunAsync(Process process, Terminal? terminal, CancellationToken cancellationToken)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Reads and writes of a pipe or a terminal that nothing else ends.
        using CancellationTokenRegistration killing = gone.Token.Register(() => Kill(process));
        _process = process;
        Stream input = terminal is null ? process.StandardInput.BaseStream : Open(terminal.Handle, FileAccess.Write);
        if (!stdin)
        {
            await input.DisposeAsync();
        }
        Task reading = ReadAsync(input, terminal, gone);
        if (terminal is null)
        {
            await Task.WhenAll(
                CopyAsync(process.StandardOutput.BaseStream, Output, gone.Token),
                CopyAsync(process.StandardError.BaseStream, stderr ? ErrorOutput : null, gone.Token));
        }
        else
        {
            await CopyAsync(Open(terminal.Handle, FileAccess.Read), Output, gone.Token);
        }
        await process.WaitForExitAsync(gone.Token);
        if (_isNodeLost && !isV5)
        {
            return;
        }
        await EndAsync(
            process.ExitCode == 0 || _isNodeLost
                ? new JsonObject { ["metadata"] = new JsonObject(), ["status"] = "Success" }
                : ExitFailure(process.ExitCode),
            gone.Token);
        // The client closes the connection. Ending it here could take output away from it that it has not read yet.
        await reading.WaitAsync(CloseTimeout, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private static JsonObject ExitFailure(int code)
    {
        JsonObject failure = Failure($"command terminated with non-zero exit code: exit status {code}", "NonZeroExitCode", null);
        failure["details"] = new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = $"{code}" }),
        };
        return failure;
    }

    // Not the terminal's own handle: closing one stream must not close the other.
    private static FileStream Open(SafeFileHandle terminal, FileAccess access) =>
        new(new SafeFileHandle(terminal.DangerousGetHandle(), ownsHandle: false), access, bufferSize: 0);

    private async Task ReadAsync(Stream input, Terminal? terminal, CancellationTokenSource gone)
    {
        bool isOpen = stdin;
        try
        {
            while (await connection.ReceiveAsync(gone.Token) is var (channel, data))
            {
                switch (channel)
                {
                    case 0 when isOpen:
                        // As kubelet does: nothing else is read as long as the process does not take it.
                        isOpen = await TryWriteAsync(input, data, gone.Token);
                        break;
                    case 4 when terminal is not null:
                        JsonNode size = JsonNode.Parse(data.Span)!;
                        terminal.Resize((ushort)size["Height"]!, (ushort)size["Width"]!);
                        break;
                    case 255 when isV5 && data.Span is [0]:
                        isOpen = false;
                        // As containerd: the end of a terminal's input is the end of its output, too.
                        _isDetached = terminal is not null;
                        await input.DisposeAsync();
                        break;
                    case 0 or 4:
                        break;
                    default:
                        throw new InvalidDataException($"a message of channel {channel}");
                }
            }
        }
        finally
        {
            // The client has closed, and the command is over with it.
            await gone.CancelAsync();
            await input.DisposeAsync();
        }
    }

    private static async Task<bool> TryWriteAsync(Stream input, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            await input.WriteAsync(data, cancellationToken);
            await input.FlushAsync(cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task CopyAsync(Stream output, byte? channel, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[PieceSize];
        try
        {
            while (await output.ReadAsync(buffer, cancellationToken) is > 0 and int count)
            {
                if (channel is { } known && !_isDetached)
                {
                    await connection.SendAsync(known, buffer.AsMemory(0, count), cancellationToken);
                }
            }
        }
        catch (IOException)
        {
            // EIO: the last process has left the terminal.
        }
    }

    private async Task EndAsync(JsonObject status, CancellationToken cancellationToken)
    {
        await connection.SendAsync(Status, Encoding.UTF8.GetBytes(status.ToJsonString(new JsonSerializerOptions())), cancellationToken);
        await connection.CloseAsync(cancellationToken);
    }
}
