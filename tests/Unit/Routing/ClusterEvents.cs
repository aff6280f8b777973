using SshGateway.Feed;
using SshGateway.Operator.Model;

namespace SshGateway.Tests.Unit.Routing;

/// <summary>
/// Random changes of a small cluster: few names, addresses, labels and times, so that sessions and pods meet each other
/// in every way.
/// </summary>
internal sealed class ClusterEvents(Random random)
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKhKSLm3ATQMEcmDrCRoWDNvM0fxSUqPQwyKwqRJrhFp";

    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    private static readonly SessionStatus Lost = new() { Conditions = [new SessionCondition { Type = SessionCondition.Ready, Reason = ReadyReasons.SessionIdTaken }] };

    private readonly List<ObjectKey> _known = [];

    /// <summary>One to four objects that come, change or go.</summary>
    public ClusterChanges Next()
    {
        var sessions = new Dictionary<ObjectKey, ClaudeSession>();
        var pods = new Dictionary<ObjectKey, Pod>();
        var keyObjects = new Dictionary<ObjectKey, KeyObject>();
        var removed = new HashSet<ObjectKey>();
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            switch (random.Next(6))
            {
                case 0 when _known.Count > 0:
                    ObjectKey gone = One([.. _known]);
                    _known.Remove(gone);
                    removed.Add(gone);
                    break;
                case 0 or 1 or 2:
                    Pod pod = NextPod();
                    pods[pod.Key] = pod;
                    break;
                case 3:
                    KeyObject keys = NextKeyObject();
                    keyObjects[keys.Key] = keys;
                    break;
                default:
                    ClaudeSession session = NextSession();
                    sessions[session.Key] = session;
                    break;
            }
        }
        // A batch says of each object one thing.
        foreach (ObjectKey key in removed)
        {
            sessions.Remove(key);
            pods.Remove(key);
            keyObjects.Remove(key);
        }
        _known.AddRange(sessions.Keys.Concat(pods.Keys).Concat(keyObjects.Keys).Except(_known));
        return new ClusterChanges
        {
            Sessions = [.. sessions.Values],
            Pods = [.. pods.Values],
            KeyObjects = [.. keyObjects.Values],
            KeyCollections = KeyCollection.AllRead,
            Removed = [.. removed],
        };
    }

    private ClaudeSession NextSession() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = One("s1", "s2", "s3", "No_Id"),
            Namespace = One("a", "b"),
            Uid = One("1", "2", "3"),
            CreationTimestamp = One<DateTimeOffset?>(null, Start, Start.AddSeconds(1)),
        },
        Status = random.Next(8) == 0 ? Lost : null,
        Spec = random.Next(20) == 0 ? null : new SessionSpec
        {
            Owner = new SessionOwner { User = "ana" },
            Access = One("Enabled", "Enabled", "Enabled", "Draining", "Disabled", "Nonsense"),
            Ssh = new SshSpec { Port = One<int?>(null, null, 22, 0), AuthorizedKeys = One<string?[]?>([Key], [Key], [Key], ["ssh-ed25519 AAAA"], [null], null), AuthorizedKeysFrom = NextSources() },
            Pod = One(
                null,
                null,
                new PodSelection { Uid = One(null, "u1") },
                new PodSelection { Name = PodName(), Uid = One(null, "u1", "u1", "u2") },
                new PodSelection { Name = "p1", Uid = "u1" },
                new PodSelection { Name = PodName(), MatchLabels = Labels() },
                new PodSelection { MatchLabels = Labels(), Uid = One(null, null, "u1") },
                new PodSelection { MatchLabels = Labels() }),
        },
    };

    private Pod NextPod() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = PodName(),
            Namespace = One("a", "b"),
            Uid = One("u1", "u1", "u2", "u3"),
            DeletionTimestamp = One<DateTimeOffset?>(null, null, null, Start),
            Labels = PodLabels(),
        },
        Spec = One(null, new PodSpec { HostNetwork = random.Next(4) == 0 }),
        Status = random.Next(8) == 0 ? null : new PodStatus
        {
            Phase = One("Running", "Running", "Running", "Pending", "Failed"),
            PodIP = One(null, "10.0.0.1", "10.0.0.2", "10.0.0.1", "127.0.0.1", "nonsense"),
            StartTime = One<DateTimeOffset?>(null, Start, Start.AddSeconds(1)),
            Conditions = One<PodCondition[]?>(null, [new PodCondition { Type = "Ready", Status = "True" }], [new PodCondition { Type = "Ready", Status = "True" }]),
        },
    };

    private KeysSource?[]? NextSources() => One<KeysSource?[]?>(
        null, null, [null], [new KeysSource { ConfigMapRef = NextReference() }],
        [new KeysSource { SecretRef = NextReference() }, new KeysSource { ConfigMapRef = NextReference() }]);

    private KeysReference NextReference() => new() { Name = One("k1", "k2", null!), Key = One(null, "other"), Optional = One<bool?>(null, true) };

    private KeyObject NextKeyObject()
    {
        var metadata = new ObjectMeta
        {
            Name = One("k1", "k2"),
            Namespace = One("a", "b"),
            Labels = One(new Dictionary<string, string> { [KeyObject.LabelName] = "" }, null!),
        };
        var data = new Dictionary<string, KeyText> { [One("authorized_keys", "other")] = One(new KeyText(Key, null), new KeyText("nonsense", null), new KeyText(null, "is not base64")) };
        return One<KeyObject>(new ConfigMap { Metadata = metadata, Data = data }, new Secret { Metadata = metadata, Data = data });
    }

    private string PodName() => One("p1", "p1", "p2", "p3");

    private Dictionary<string, string>? PodLabels()
    {
        Dictionary<string, string>? labels = random.Next(6) == 0 ? null : Labels();
        if (random.Next(3) > 0)
        {
            (labels ??= [])[ClaudeSession.SessionLabel] = One("s1", "s2", "s3", "No_Id", "missing");
        }
        return labels;
    }

    private Dictionary<string, string> Labels()
    {
        var labels = new Dictionary<string, string>();
        if (random.Next(3) > 0)
        {
            labels["app"] = One("claude", "other", null!);
        }
        if (random.Next(3) > 0)
        {
            labels["tier"] = One("1", "2");
        }
        return labels;
    }

    private T One<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];
}
