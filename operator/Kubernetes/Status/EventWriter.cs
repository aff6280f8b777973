using System.Text;
using System.Threading.Channels;
using k8s;
using k8s.Models;
using SshGateway.Feed;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Kubernetes.Leadership;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Status;

/// <summary>
/// Writes an event when a session's Ready condition has changed, a login asks for its pod, or its logins are refused,
/// for <c>kubectl describe</c>. Best effort: one at a time, none twice, and what does not fit into the queue is
/// dropped. Nothing waits for it.
/// </summary>
internal sealed class EventWriter(ApiClient api, LeaseSettings replica, TimeProvider time, ILogger<EventWriter> logger)
{
    private const string Controller = "tars.cloudwalk.network/ssh-gateway-operator";
    private const string LoginsRefused = "LoginsRefused";
    private const int QueueLength = 256;
    private const int MaxNote = 1000;
    private const int MaxInstance = 128;

    private static readonly HashSet<string> Warnings =
    [
        ReadyReasons.Conflict, ReadyReasons.InvalidKeys, ReadyReasons.InvalidSpec, ReadyReasons.AddressRefused,
        ReadyReasons.PodFailed, ReadyReasons.ContainerMissing, ReadyReasons.SessionIdTaken, ReadyReasons.HostKeyMismatch,
    ];

    private readonly Channel<(ObjectKey Key, Eventsv1Event Event)> _queue =
        Channel.CreateBounded<(ObjectKey, Eventsv1Event)>(new BoundedChannelOptions(QueueLength) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Takes note of a status that was written.</summary>
    public void Note(ClaudeSession session, SessionStatus written)
    {
        SessionCondition? ready = Ready(written);
        if (ready is not null && Ready(session.Status)?.Reason != ready.Reason)
        {
            _queue.Writer.TryWrite((session.Key, Compose(session, "Route", ready.Reason ?? "", ready.Message ?? "", Warnings.Contains(ready.Reason ?? ""))));
        }
        if (WakeCondition.IsNew(session.Status, written))
        {
            _queue.Writer.TryWrite((session.Key, Compose(session, "Wake", SessionCondition.WakeRequested, WakeCondition.Find(written)?.Message ?? "", isWarning: false)));
        }
    }

    /// <summary>Takes note of logins that were refused.</summary>
    public void NoteRefusedLogins(ClaudeSession session, string what) =>
        _queue.Writer.TryWrite((session.Key, Compose(session, "Login", LoginsRefused, what, isWarning: true)));

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach ((ObjectKey key, Eventsv1Event clusterEvent) in _queue.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                await api.EventsV1.CreateNamespacedEventAsync(clusterEvent, key.Namespace, cancellationToken: cancellationToken);
            }
            catch (Exception exception) when (ApiFailure.IsAny(exception))
            {
                EventsLog.Failed(logger, key, exception.Message);
            }
        }
    }

    private static SessionCondition? Ready(SessionStatus? status) => status?.Conditions?.FirstOrDefault(c => c?.Type == SessionCondition.Ready);

    private Eventsv1Event Compose(ClaudeSession session, string action, string reason, string note, bool isWarning) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = session.Namespace, GenerateName = $"{session.Name}-" },
        EventTime = time.GetUtcNow().UtcDateTime,
        ReportingController = Controller,
        ReportingInstance = replica.Identity.Length > MaxInstance ? replica.Identity[..MaxInstance] : replica.Identity,
        Action = action,
        Reason = reason,
        Regarding = new V1ObjectReference
        {
            ApiVersion = ClaudeSession.ApiVersion,
            Kind = ClaudeSession.KindName,
            NamespaceProperty = session.Namespace,
            Name = session.Name,
            Uid = session.Uid,
        },
        Note = Shorten(note),
        Type = isWarning ? "Warning" : "Normal",
    };

    // The limit is of bytes, and a character of a key's comment can have four.
    private static string Shorten(string text)
    {
        while (Encoding.UTF8.GetByteCount(text) > MaxNote)
        {
            text = text[..(text.Length * 3 / 4)];
        }
        return text;
    }
}

internal static partial class EventsLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Session}: cannot write an event, which is dropped: {Problem}")]
    public static partial void Failed(ILogger logger, ObjectKey session, string problem);
}
