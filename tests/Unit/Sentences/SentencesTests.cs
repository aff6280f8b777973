using System.Text;
using SshGateway.Feed;
using SshGateway.Hosting.Text;
using SshGateway.Operator.Kubernetes.Status;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Yaml;
using Xunit;

namespace SshGateway.Tests.Unit.Sentences;

/// <summary>
/// What people read, in each of its cases and side by side, so that somebody reads it: sentences.txt.
/// SSHGATEWAY_UPDATE_GOLDEN=1 rewrites that file.
/// </summary>
public sealed class SentencesTests
{
    private const string ApprovedFile = "tests/Unit/Sentences/sentences.txt";

    private static readonly DateTimeOffset Now = new(2026, 11, 28, 14, 5, 0, TimeSpan.Zero);

    private readonly StringBuilder _text = new();

    [Fact]
    public void They_are_the_approved_ones()
    {
        WriteRefusals();
        WriteRoutes();
        WriteConditions();
        WriteEnds();
        WriteRefusedLogins();
        Headline("Lines of the logs, with one and with two of what is counted");
        foreach (string line in LogLines.Render())
        {
            Line(line);
        }

        string actual = _text.ToString();
        string file = Repository.File(ApprovedFile);
        if (Environment.GetEnvironmentVariable("SSHGATEWAY_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, actual);
        }
        Assert.Equal(File.ReadAllText(file), actual);
    }

    [Theory]
    [InlineData(0, "0 seconds")]
    [InlineData(0.2, "1 second")]
    [InlineData(59.5, "1 minute")]
    [InlineData(5400, "1 hour 30 minutes")]
    [InlineData(90061, "1 day 1 hour 1 minute 1 second")]
    public void A_duration_is_in_words(double seconds, string words) => Assert.Equal(words, Quantity.Describe(TimeSpan.FromSeconds(seconds)));

    private void WriteRefusals()
    {
        Headline("A login is refused");
        Login("access Draining", Support.Pods.Sessions.Entry(access: Access.Draining, reason: ReadyReasons.Draining));
        Login("being deleted", Support.Pods.Sessions.Entry(access: Access.Draining, reason: ReadyReasons.SessionTerminating));
        Login("access Disabled", Support.Pods.Sessions.Entry(access: Access.Disabled, reason: ReadyReasons.AccessDisabled));
        Login("expired", Support.Pods.Sessions.Entry(expiresAt: Now.ToUnixTimeSeconds()));
        Login("pod not ready", Entry(EndpointState.NotReady, ReadyReasons.PodNotReady));
        Login("pod not ready, with a cause", Entry(EndpointState.NotReady, ReadyReasons.PodNotReady, "CrashLoopBackOff"));
        Login("pod being deleted", Entry(EndpointState.Draining, ReadyReasons.PodTerminating));
        foreach ((string reason, string cause) in (ReadOnlySpan<(string, string)>)[
            (ReadyReasons.WaitingForPod, ""), (ReadyReasons.PodNotFound, ""), (ReadyReasons.PodNotFound, BindingReasons.LabelMismatch),
            (ReadyReasons.PodNotFound, BindingReasons.UidMismatch), (ReadyReasons.PodNotReady, ""), (ReadyReasons.PodNotReady, "ImagePullBackOff"),
            (ReadyReasons.PodTerminating, ""), (ReadyReasons.PodFailed, ""), (ReadyReasons.ContainerMissing, ""), (ReadyReasons.Conflict, BindingReasons.MultiplePods),
            (ReadyReasons.Conflict, BindingReasons.ClaimedByOther), (ReadyReasons.InvalidKeys, ""), (ReadyReasons.InvalidSpec, ""),
            (ReadyReasons.AddressRefused, ""), (ReadyReasons.Suspended, ""), ("OfANewerOperator", "")])
        {
            Login($"no pod: {reason} {cause}".TrimEnd(), Entry(EndpointState.None, reason, cause));
        }
        Login("no pod: Suspended, wake Never", Suspended(Wake.Never));
        Case("full with 1", SessionSentences.Full("abc12", 1));
        Case("full with 20", SessionSentences.Full("abc12", 20));
        Case("cannot be recorded", SessionSentences.CannotRecord("abc12"));

        Headline("A session is recorded");
        foreach (RecordingMode mode in (RecordingMode[])[RecordingMode.Terminal, RecordingMode.All])
        {
            Case($"{mode}", SessionSentences.Recorded(Support.Pods.Sessions.Entry(recording: mode), input: false));
            Case($"{mode}, with input", SessionSentences.Recorded(Support.Pods.Sessions.Entry(recording: mode), input: true));
        }

        Headline("A login waits");
        foreach (SessionEntry entry in (SessionEntry[])[
            Entry(EndpointState.None, ReadyReasons.WaitingForPod), Entry(EndpointState.None, ReadyReasons.PodNotFound, BindingReasons.UidMismatch),
            Entry(EndpointState.None, ReadyReasons.Suspended), Entry(EndpointState.None, ReadyReasons.PodNotReady, "Unschedulable"),
            Entry(EndpointState.NotReady, ReadyReasons.PodNotReady), Entry(EndpointState.NotReady, ReadyReasons.PodNotReady, "CrashLoopBackOff")])
        {
            Assert.True(LoginGate.IsStarting(entry, Now));
            Case($"{entry.State}: {entry.Reason} {entry.Cause}".TrimEnd(), SessionSentences.Waiting(entry, TimeSpan.FromSeconds(entry.Cause.Length == 0 ? 1 : 90)));
        }
        SessionEntry patient = Support.Pods.Sessions.Entry(state: EndpointState.None, reason: ReadyReasons.WaitingForPod, withoutEndpoint: true, wake: Wake.Never);
        Assert.True(LoginGate.IsStarting(patient, Now));
        Case("None: WaitingForPod, wake Never", SessionSentences.Waiting(patient, TimeSpan.FromSeconds(1)));
        Assert.False(LoginGate.IsStarting(Suspended(Wake.Never), Now));

        Headline("An open connection is closed");
        Case("expired", LoginGate.CheckOpenConnections(Support.Pods.Sessions.Entry(expiresAt: Now.ToUnixTimeSeconds()), Now)!.Sentence);
        Case("disabled", LoginGate.CheckOpenConnections(Support.Pods.Sessions.Entry(access: Access.Disabled), Now)!.Sentence);
        Case("closed by an administrator", SessionSentences.ClosedByAdministrator("abc12", "5f0e2a91-17"));
        Case("no longer recorded", SessionSentences.RecordingFailed("abc12"));
        Case("idle", SessionSentences.Idle(Support.Pods.Sessions.Entry(idleTimeout: TimeSpan.FromMinutes(30))));
    }

    private void WriteRoutes()
    {
        Headline("A session's route: the Ready condition and the operator's log");
        RoutedSession ready = Route(Ready);
        Case(ReadyReasons.EndpointReady, RouteDescription.Describe(ready));
        foreach (PodBinding binding in (PodBinding[])[PodBinding.WaitingForPod, PodBinding.PodNotFound, PodBinding.MultiplePods, PodBinding.LabelMismatch, PodBinding.UidMismatch, PodBinding.ClaimedByOther])
        {
            RoutedSession route = RoutingFunction.Route(Session, binding, true, new RoutingOptions(false, false));
            Case($"{route.Reason} {RouteDescription.FindCause(route)}".TrimEnd(), RouteDescription.Describe(route));
            Case("  PodBound", Conditions.PodBound(new SessionState(Session, route, null, null)).Message);
        }
        foreach (Pod pod in Pods())
        {
            RoutedSession route = Route(pod);
            Case($"{route.Reason} {RouteDescription.FindCause(route)}".TrimEnd(), RouteDescription.Describe(route));
            Case("  PodReady", Conditions.PodReady(route).Message);
        }
        foreach (Pod pod in ExecPods())
        {
            RoutedSession route = RoutingFunction.Route(
                Session with { Spec = Session.Spec! with { Backend = "Exec", Exec = new ExecSpec { Container = "agent" } } }, PodBinding.Bind(pod), true, new RoutingOptions(false, false));
            Case($"{route.Reason} {RouteDescription.FindCause(route)}".TrimEnd() + ", Exec", RouteDescription.Describe(route));
        }
        foreach (Access access in (Access[])[Access.Draining, Access.Disabled])
        {
            RoutedSession route = RoutingFunction.Route(
                Session with { Spec = Session.Spec! with { Access = access.ToString() } }, PodBinding.Bind(Ready), true, new RoutingOptions(false, false));
            Case(route.Reason, RouteDescription.Describe(route));
        }
        foreach (string wake in (string[])["OnLogin", "Never"])
        {
            RoutedSession route = RoutingFunction.Route(
                Session with { Spec = Session.Spec! with { Suspend = true, Wake = wake } }, PodBinding.Bind(Ready), true, new RoutingOptions(false, false));
            Case($"{route.Reason}, wake {wake}", RouteDescription.Describe(route));
        }
        RoutedSession deleted = RoutingFunction.Route(
            Session with { Metadata = Session.Metadata! with { DeletionTimestamp = Now } }, PodBinding.Bind(Ready), true, new RoutingOptions(false, false));
        Case(deleted.Reason, RouteDescription.Describe(deleted));
    }

    private void WriteConditions()
    {
        Headline("The KeysValid condition");
        SshPublicKey key = SshPublicKey.ParseLine(Samples.Key);
        foreach ((int keys, int authorities) in (ReadOnlySpan<(int, int)>)[(0, 0), (1, 0), (2, 0), (0, 1), (1, 2)])
        {
            RoutedSession route = Route(Ready) with { AuthorizedKeys = [.. Enumerable.Repeat(key, keys)], TrustedUserCAKeys = [.. Enumerable.Repeat(key, authorities)] };
            Case($"{keys} and {authorities}", Conditions.KeysValid(new SessionState(Session, route, null, null)).Message);
        }
        foreach (string line in (string[])["no key", "no key\nno key", "no key\nno key\nno key"])
        {
            var skipped = new List<string>();
            KeyLines.Parse("spec.ssh.authorizedKeys", [line], 16, skipped);
            Case($"{line.Split('\n').Length} lines", Assert.Single(skipped));
        }
    }

    private void WriteEnds()
    {
        Headline("How a connection ended, in the proxy's log");
        foreach (ConnectionEnd end in Enum.GetValues<ConnectionEnd>())
        {
            Case($"{end}, {end.Blame}", end.Description);
        }
    }

    private void WriteRefusedLogins()
    {
        Headline("The event on a session whose logins are refused");
        foreach (string reason in Enum.GetNames<KeyRefusal>())
        {
            Case(reason, RefusedLoginEvents.Describe(new Operator.Usage.RefusedLogins("abc12", 3, TimeSpan.FromMinutes(2), reason, ["SHA256:…"])));
        }
    }

    private static readonly ClaudeSession Session = new()
    {
        Metadata = new ObjectMeta { Name = "abc12", Namespace = "sessions" },
        Spec = new SessionSpec { Owner = new SessionOwner { User = "alice" }, Ssh = new SshSpec { AuthorizedKeys = [Samples.Key] } },
    };

    private static readonly Pod Ready = new()
    {
        Metadata = new ObjectMeta { Name = "claude-abc12", Namespace = "sessions", Uid = "uid-1" },
        Status = new PodStatus { Phase = "Running", PodIP = "10.1.2.3", Conditions = [new PodCondition { Type = "Ready", Status = "True" }] },
    };

    private static IEnumerable<Pod> Pods()
    {
        PodCondition unready = new() { Type = "Ready", Status = "False", Reason = "ContainersNotReady", Message = "containers with unready status: [agent]" };
        Pod notReady = Ready with { Status = Ready.Status! with { Conditions = [unready] } };
        yield return notReady;
        yield return Ready with { Status = new PodStatus { Phase = "Pending" } };
        yield return Ready with
        {
            Status = new PodStatus
            {
                Phase = "Pending",
                Conditions = [new PodCondition { Type = "PodScheduled", Status = "False", Reason = "Unschedulable", Message = "0/3 nodes are available: 3 Insufficient memory." }],
            },
        };
        yield return WithState(notReady, new ContainerStatus.StatePart { Waiting = new() { Reason = "ImagePullBackOff", Message = "Back-off pulling image \"agent:1\"" } });
        yield return WithState(notReady, new ContainerStatus.StatePart { Waiting = new() { Reason = "CrashLoopBackOff" } });
        yield return WithState(notReady, new ContainerStatus.StatePart { Terminated = new() { Reason = "OOMKilled" } });
        yield return WithState(notReady, new ContainerStatus.StatePart { Waiting = new() { Reason = "A reason of more than one word" } });
        yield return Ready with { Status = Ready.Status! with { Phase = "Failed" } };
        yield return Ready with { Metadata = Ready.Metadata! with { DeletionTimestamp = Now } };
        yield return Ready with { Status = Ready.Status! with { PodIP = "169.254.169.254" } };
    }

    private static IEnumerable<Pod> ExecPods()
    {
        Pod pod = Ready with { Spec = new PodSpec { Containers = [new PodContainer { Name = "agent" }] } };
        yield return WithState(pod, new ContainerStatus.StatePart { Running = new() }, isReady: true);
        yield return WithState(pod, new ContainerStatus.StatePart { Running = new() });
        yield return WithState(pod, new ContainerStatus.StatePart { Waiting = new() { Reason = "CrashLoopBackOff" } });
        yield return pod with { Spec = new PodSpec { Containers = [new PodContainer { Name = "other" }] } };
    }

    private static Pod WithState(Pod pod, ContainerStatus.StatePart state, bool isReady = false) =>
        pod with { Status = pod.Status! with { ContainerStatuses = [new ContainerStatus { Name = "agent", Ready = isReady, State = state }] } };

    private static RoutedSession Route(Pod pod) => RoutingFunction.Route(Session, PodBinding.Bind(pod), true, new RoutingOptions(false, false));

    private static SessionEntry Entry(EndpointState state, string reason, string cause = "") =>
        Support.Pods.Sessions.Entry(state: state, reason: reason, cause: cause, withoutEndpoint: state == EndpointState.None);

    private static SessionEntry Suspended(Wake wake) =>
        Support.Pods.Sessions.Entry(state: EndpointState.None, reason: ReadyReasons.Suspended, withoutEndpoint: true, wake: wake);

    private void Login(string name, SessionEntry entry) => Case(name, LoginGate.Check(entry, Now)!.Sentence);

    private void Headline(string text) => _text.Append(_text.Length == 0 ? "" : "\n").Append("# ").Append(text).Append("\n\n");

    private void Case(string name, string sentence) => Line($"{name}: {sentence}");

    private void Line(string line) => _text.Append(line).Append('\n');
}
