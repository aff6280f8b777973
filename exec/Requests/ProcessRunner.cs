using System.Buffers;
using SshGateway.Exec.ApiServer;
using SshGateway.Exec.Authentication;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Requests;

/// <summary>Runs a process in a session's container between a channel and the API server, to its end.</summary>
/// <param name="logsCommands">Whether the log may have the text of commands.</param>
internal sealed class ProcessRunner(PodClient pods, RequestMetrics metrics, bool logsCommands, TimeProvider time, ILogger<ProcessRunner> logger)
{
    // A shell's status for a command that SIGPIPE ended.
    private const int BrokenPipe = 128 + 13;

    private const string PerhapsLost = "The command ended with the status 255, or the connection to its node was lost.";

    // Of a command in the log.
    private const int CommandShown = 1024;

    // sftp-server waits for the end of its input, which v4 cannot tell. A client that has ended its input has its
    // answers already; what is still under way has this time.
    private static readonly TimeSpan SftpEnd = TimeSpan.FromMilliseconds(500);

    /// <param name="terminal">The size of its terminal; null: it has none.</param>
    /// <exception cref="OperationCanceledException">The client has closed the channel.</exception>
    public async Task RunAsync(
        SshChannel channel, ExecLogin login, ExecSession session, ProcessRequest request, ContainerProgram program, LatestSize? terminal, CancellationToken closed)
    {
        long startedAt = time.GetTimestamp();
        string kind = RequestMetrics.Kinds[(int)request.Kind];
        RequestOutcome outcome = RequestOutcome.Closed;
        try
        {
            (int status, string? problem) = request.Problem is { } impossible ? (ContainerProgram.Broken, impossible)
                : await ExecAsync(channel, login, session, request, program, terminal, closed).ConfigureAwait(false);
            outcome = problem is null ? RequestOutcome.Ended : RequestOutcome.Failed;
            if (problem is null)
            {
                RequestLog.Exited(logger, login.ConnectionId, kind, session.SessionId, status, Elapsed(startedAt));
            }
            else
            {
                await channel.SendSentenceAsync(problem, terminal is null ? "\n" : "\r\n", closed).ConfigureAwait(false);
            }
            await channel.SendExitStatusAsync(status).ConfigureAwait(false);
            await channel.SendEofAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            RequestLog.Closed(logger, login.ConnectionId, kind, session.SessionId, Elapsed(startedAt));
            throw;
        }
        finally
        {
            metrics.ProcessEnded(request.Kind, outcome);
        }
    }

    private double Elapsed(long startedAt) => time.GetElapsedTime(startedAt).TotalSeconds;

    /// <summary>The exit status, and for the user why there is none.</summary>
    private async Task<(int Status, string? Problem)> ExecAsync(
        SshChannel channel, ExecLogin login, ExecSession session, ProcessRequest request, ContainerProgram program, LatestSize? terminal, CancellationToken closed)
    {
        string kind = RequestMetrics.Kinds[(int)request.Kind];
        ApiServerException? failure;
        try
        {
            var pod = new PodTarget(session.Namespace, session.PodName, session.PodUid);
            ExecStream stream = await pods.ExecAsync(pod, new ExecRequest(session.Container, program.Arguments, Tty: terminal is not null), closed).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                LogStart(login, session, request, terminal is not null);
                ExecRead end = await MoveAsync(channel, stream, login, request.Kind, terminal, closed).ConfigureAwait(false);
                if (end.Kind == ExecReadKind.Exited)
                {
                    if (program.SwapsStatus && end.ExitStatus == 0)
                    {
                        await channel.SendSentenceAsync(PerhapsLost, "\n", closed).ConfigureAwait(false);
                    }
                    return (program.StatusOf(end.ExitStatus), null);
                }
                failure = end.Failure;
            }
        }
        catch (ApiServerException problem)
        {
            failure = problem;
        }
        ApiServerFailure why = failure?.Kind ?? ApiServerFailure.Lost;
        metrics.ApiFailed(why);
        RequestLog.Failed(
            logger, login.ConnectionId, kind, session.SessionId, session.Namespace, session.PodName, session.Container,
            why, PeerText.OneLine(failure?.Message ?? ""));
        string sentence = failure?.Message ?? "The stream to the container ended without an exit status.";
        sentence = sentence.EndsWith('.') ? sentence : sentence + ".";
        return (ContainerProgram.Broken, failure?.Kind == ApiServerFailure.Failed ? $"{sentence} {ContainerCommand.Hint(session, request)}" : sentence);
    }

    private void LogStart(ExecLogin login, ExecSession session, ProcessRequest request, bool hasTerminal)
    {
        RequestLog.Started(
            logger, login.ConnectionId, RequestMetrics.Kinds[(int)request.Kind], session.SessionId, session.Namespace, session.PodName, session.Container, hasTerminal, login.KeyId);
        if (logsCommands && request.Kind == ProcessKind.Exec)
        {
            RequestLog.Command(logger, login.ConnectionId, session.SessionId, PeerText.OneLine(request.Command[..Math.Min(request.Command.Length, CommandShown)]));
        }
    }

    /// <summary>Moves everything both ways until the process has ended.</summary>
    private async Task<ExecRead> MoveAsync(SshChannel channel, ExecStream stream, ExecLogin login, ProcessKind kind, LatestSize? terminal, CancellationToken closed)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(closed);
        Task<bool> input = MoveInputAsync(channel, stream, login, RequestMetrics.Kinds[(int)kind], hasTerminal: terminal is not null, over.Token);
        Task resizing = terminal is null ? Task.CompletedTask : ResizeAsync(stream, terminal, over.Token);
        Task<ExecRead> output = MoveOutputAsync(channel, stream, over.Token);
        try
        {
            if (kind == ProcessKind.Sftp && await Task.WhenAny(input, output).ConfigureAwait(false) == input && await input.ConfigureAwait(false)
                && await Task.WhenAny(output, Task.Delay(SftpEnd, time, over.Token)).ConfigureAwait(false) != output)
            {
                closed.ThrowIfCancellationRequested();
                // The end of the stream ends sftp-server.
                return new ExecRead(ExecReadKind.Exited);
            }
            return await output.ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(input, resizing, output).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<ExecRead> MoveOutputAsync(SshChannel channel, ExecStream stream, CancellationToken closed)
    {
        while (true)
        {
            // Without a buffer: most channels are silent most of the time.
            await channel.FlushWhileAsync(stream.WaitAsync(closed)).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(ChannelMessages.MaxSize);
            ExecRead read = await channel.FlushWhileAsync(
                stream.ReadAsync(buffer.AsMemory(ChannelMessages.MaxHeader, ChannelLimits.MaxSentPacket), closed)).ConfigureAwait(false);
            bool isWanted = read.IsEnd
                || await channel.AppendAsync(buffer, ChannelMessages.MaxHeader, read.Count, read.Kind == ExecReadKind.ErrorOutput, closed).ConfigureAwait(false);
            // Not in a finally block: when the flush fails, the read may still write into the buffer.
            ArrayPool<byte>.Shared.Return(buffer);
            if (read.IsEnd)
            {
                return read;
            }
            if (!isWanted)
            {
                // As sshd, which closes the pipe. Here, the end of the stream does.
                return new ExecRead(ExecReadKind.Exited, ExitStatus: BrokenPipe);
            }
        }
    }

    /// <returns>Whether the input has ended and the process cannot be told.</returns>
    private async Task<bool> MoveInputAsync(SshChannel channel, ExecStream stream, ExecLogin login, string kind, bool hasTerminal, CancellationToken over)
    {
        try
        {
            await channel.ConsumeAsync(ChannelSocket.MaxData, stream.WriteInputAsync, over).ConfigureAwait(false);
            if (hasTerminal)
            {
                // As sshd: the input of a terminal does not end.
                return true;
            }
            if (!stream.CanEndInput)
            {
                RequestLog.InputStaysOpen(logger, login.ConnectionId, kind, login.Session.SessionId);
                return true;
            }
            await stream.EndInputAsync(over).ConfigureAwait(false);
        }
        catch (ApiServerException)
        {
            // The output tells what has become of the process.
        }
        return false;
    }

    private static async Task ResizeAsync(ExecStream stream, LatestSize terminal, CancellationToken over)
    {
        try
        {
            while (true)
            {
                TerminalSize size = await terminal.NextAsync(over).ConfigureAwait(false);
                await stream.ResizeAsync(size.Columns, size.Rows, over).ConfigureAwait(false);
            }
        }
        catch (ApiServerException)
        {
            // As above.
        }
    }
}
