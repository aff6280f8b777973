using SshGateway.Exec.ApiServer;
using SshGateway.Exec.Authentication;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Requests;

/// <summary>
/// A channel of type "session": RFC 4254 section 6. Its requests choose one process, which then runs in the session's
/// container.
/// </summary>
internal sealed class SessionChannel(ExecLogin login, ExecSession session, ProcessRunner runner) : IChannelTarget
{
    private readonly TaskCompletionSource<ProcessRequest> _request = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ClientEnvironment _environment = new(session.AcceptEnv);
    private readonly LatestSize _size = new();
    private TerminalRequest? _terminal;

    // Written by the connection's reader alone.
    private bool _isStarted;

    /// <inheritdoc/>
    public ValueTask<OpenFailure?> OpenAsync(CancellationToken closed) => default;

    /// <inheritdoc/>
    public bool HandleRequest(SshChannel channel, in ChannelRequest request)
    {
        SshReader fields = request.Fields;
        ReadOnlySpan<byte> type = request.Type;
        if (type.SequenceEqual("window-change"u8))
        {
            return Resize(fields);
        }
        if (type.SequenceEqual("signal"u8))
        {
            ReadOnlySpan<byte> name = fields.ReadString();
            fields.End();
            return _isStarted && _terminal is not null && TerminalSignal.Find(name) is { } character && channel.TryInsert(character);
        }
        if (type.SequenceEqual("eow@openssh.com"u8))
        {
            fields.End();
            channel.RefuseOutput();
            return true;
        }
        // RFC 4254 section 6.5: only one of shell, exec and subsystem can succeed. What prepares it comes before.
        if (_isStarted)
        {
            return false;
        }
        if (type.SequenceEqual("env"u8))
        {
            ReadOnlySpan<byte> name = fields.ReadString();
            ReadOnlySpan<byte> value = fields.ReadString();
            fields.End();
            return _environment.TryAdd(name, value);
        }
        if (type.SequenceEqual("pty-req"u8))
        {
            return AddTerminal(fields);
        }
        // Also auth-agent-req@openssh.com and x11-req, which need a listener in the container.
        return Find(type, fields) is { } process && Start(process);
    }

    /// <inheritdoc/>
    public async Task RunAsync(SshChannel channel, CancellationToken closed)
    {
        ProcessRequest request = await _request.Task.WaitAsync(closed).ConfigureAwait(false);
        IEnumerable<string> variables = _terminal is { Name.Length: > 0 } terminal ? _environment.Assignments.Append($"TERM={terminal.Name}") : _environment.Assignments;
        ContainerProgram program = ContainerCommand.Create(session, request, variables, hasTerminal: _terminal is not null, login.ForceCommand);
        await runner.RunAsync(channel, login, session, request, program, _terminal is null ? null : _size, closed).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => default;

    private static ProcessRequest? Find(ReadOnlySpan<byte> type, SshReader fields)
    {
        if (type.SequenceEqual("shell"u8))
        {
            fields.End();
            return new ProcessRequest(ProcessKind.Shell);
        }
        if (type.SequenceEqual("exec"u8))
        {
            ReadOnlySpan<byte> command = fields.ReadString();
            fields.End();
            return ProcessRequest.Exec(command);
        }
        if (type.SequenceEqual("subsystem"u8))
        {
            ReadOnlySpan<byte> name = fields.ReadString();
            fields.End();
            return name.SequenceEqual("sftp"u8) ? new ProcessRequest(ProcessKind.Sftp) : null;
        }
        return null;
    }

    private bool Start(ProcessRequest request)
    {
        _isStarted = true;
        return _request.TrySetResult(request);
    }

    private bool AddTerminal(SshReader fields)
    {
        TerminalRequest? terminal = TerminalRequest.Parse(fields);
        if (terminal is null || _terminal is not null || !login.MayHaveTerminal)
        {
            return false;
        }
        _terminal = terminal;
        _size.Set(terminal.Size);
        return true;
    }

    private bool Resize(SshReader fields)
    {
        TerminalSize size = TerminalSize.Read(ref fields);
        fields.End();
        if (_terminal is null)
        {
            return false;
        }
        _size.Set(size);
        return true;
    }
}
