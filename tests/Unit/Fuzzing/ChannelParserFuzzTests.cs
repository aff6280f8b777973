using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Exec.Authentication;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Requests;
using SshGateway.Exec.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Exec;
using SshGateway.Tests.Support.Fuzzing;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Fuzzing;

/// <summary>The exec relay's parsers of what a client sends behind its login.</summary>
public sealed class ChannelParserFuzzTests
{
    private static readonly ExecSession Session = new("abc12", "agents", "pod-1", "uid-1", "agent") { AcceptEnv = ["GIT_*"] };

    private static readonly Lazy<HostKeySet> HostKeys = new(() => new HostKeySet([Ed25519PrivateKey.Generate()]));

    private static readonly Lazy<ExecLogin> Login = new(() =>
    {
        using SshPrivateKey key = Ed25519PrivateKey.Generate();
        return new ExecLogin(Session, new Certificate(key.PublicKey, key).Parse(), "fuzz");
    });

    // Channel 0 is open, and nobody reads it.
    [Fact]
    public void Channel_messages() => FuzzRun.Parse(
        "channel message",
        [
            ChannelRig.Open(7).ToArray(),
            ChannelRig.Open(7, "direct-tcpip").WriteString("localhost").WriteUInt32(80).WriteString("127.0.0.1").WriteUInt32(40000).ToArray(),
            ChannelRig.Data(0, "data"u8),
            ChannelRig.ExtendedData(0, 1, "data"u8),
            ChannelRig.Adjust(0, 100_000),
            ChannelRig.Bare(MessageNumber.ChannelEof, 0),
            ChannelRig.Bare(MessageNumber.ChannelClose, 0),
            ChannelRig.Request(0, "yes").ToArray(),
            SshWriter.Message(MessageNumber.GlobalRequest).WriteString("no-more-sessions@openssh.com").WriteBoolean(true).ToArray(),
            SshWriter.Message(MessageNumber.GlobalRequest).WriteString("tcpip-forward").WriteBoolean(true).WriteString("").WriteUInt32(22).ToArray(),
        ],
        bytes =>
        {
            if (bytes.Length > 0)
            {
                Handle(bytes);
            }
        },
        IsRefusal);

    [Fact]
    public void Session_requests() => FuzzRun.Parse(
        "session request",
        [
            ChannelRig.Request(0, "pty-req").WriteString("xterm-256color").WriteUInt32(80).WriteUInt32(24).WriteUInt32(0).WriteUInt32(0).WriteString(new byte[] { 1, 0, 0, 0, 3, 0 }).ToArray(),
            ChannelRig.Request(0, "env").WriteString("LC_ALL").WriteString("C.UTF-8").ToArray(),
            ChannelRig.Request(0, "env").WriteString("GIT_AUTHOR_NAME").WriteString("Zoë").ToArray(),
            ChannelRig.Request(0, "window-change", wantReply: false).WriteUInt32(80).WriteUInt32(24).WriteUInt32(0).WriteUInt32(0).ToArray(),
            ChannelRig.Request(0, "signal", wantReply: false).WriteString("INT").ToArray(),
            ChannelRig.Request(0, "exec").WriteString("echo 'ü'").ToArray(),
            ChannelRig.Request(0, "subsystem").WriteString("sftp").ToArray(),
            ChannelRig.Request(0, "shell").ToArray(),
        ],
        bytes =>
        {
            var session = new SessionChannel(Login.Value, Session, runner: null!);
            if (bytes.Length > 0)
            {
                session.HandleRequest(null!, ChannelRequest.Parse(bytes));
            }
        },
        IsRefusal);

    [Fact]
    public void Targets_of_channels()
    {
        var table = new ExecSessionTable();
        table.Upsert(Session);
        var targets = new ChannelTargets(table, pods: null!, runner: null!, new RequestMetrics(), TimeProvider.System, NullLogger<ForwardedPort>.Instance);
        FuzzRun.Parse(
            "channel target",
            [
                ChannelRig.Open(7).ToArray(),
                ChannelRig.Open(7, "direct-tcpip").WriteString("localhost").WriteUInt32(80).WriteString("127.0.0.1").WriteUInt32(40000).ToArray(),
                ChannelRig.Open(7, "direct-tcpip").WriteString("::1").WriteUInt32(65535).WriteString("::1").WriteUInt32(40000).ToArray(),
                ChannelRig.Open(7, "direct-streamlocal@openssh.com").WriteString("/run/x").WriteString("").WriteUInt32(0).ToArray(),
            ],
            bytes =>
            {
                if (bytes.Length > 0)
                {
                    ChannelOpen open = ChannelOpen.Parse(bytes);
                    OpenFailure? failure = targets.Open(Login.Value, open.Type, open.Fields, out IChannelTarget? target);
                    Assert.Equal(failure is null, target is not null);
                }
            },
            IsRefusal);
    }

    private static void Handle(byte[] payload)
    {
        var target = new HoldTarget();
        var leg = new SshServerTransport(
            new MemorySocket([]), LegPair.Everything with { HostKeyAlgorithms = HostKeys.Value.Algorithms }, HostKeys.Value, new RekeyLimits(null), TimeProvider.System);
        leg.Output.AllowLargePackets();
        var protocol = new ConnectionProtocol(
            leg, "fuzz", ChannelRig.To(() => target), new ChannelLimits(4), TimeProvider.System, NullLogger<ConnectionProtocol>.Instance);
        try
        {
            Wait(protocol.HandleAsync(Packet(ChannelRig.Open(7).ToArray())).AsTask());
            Wait(target.IsRunning.Task);
            Wait(protocol.HandleAsync(Packet(payload)).AsTask());
        }
        finally
        {
            target.Release();
        }
    }

    private static InboundPacket Packet(byte[] payload) => new([0, .. payload], 0, payload.Length + 1, payload.Length, 0);

    private static void Wait(Task task) => task.GetAwaiter().GetResult();

    private static bool IsRefusal(Exception problem) => problem is SshFormatException or SshProtocolException;

    private sealed class HoldTarget : IChannelTarget
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource IsRunning { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _released.TrySetResult();

        public ValueTask<OpenFailure?> OpenAsync(CancellationToken closed) => default;

        public bool HandleRequest(SshChannel channel, in ChannelRequest request) => true;

        public Task RunAsync(SshChannel channel, CancellationToken closed)
        {
            IsRunning.TrySetResult();
            return _released.Task.WaitAsync(closed);
        }

        public ValueTask DisposeAsync() => default;
    }
}
