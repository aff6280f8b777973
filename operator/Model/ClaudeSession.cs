using System.Text.Json.Serialization;

namespace SshGateway.Operator.Model;

/// <summary>A session: <c>claudesessions.tars.cloudwalk.network</c>; crds/claudesessions.yaml describes each field.</summary>
internal sealed record ClaudeSession : KubernetesObject
{
    public const string ApiVersion = "tars.cloudwalk.network/v1alpha1";
    public const string KindName = "ClaudeSession";

    /// <summary>The label by which a pod says whose it is.</summary>
    public const string SessionLabel = "tars.cloudwalk.network/session";

    public override string Kind => KindName;

    public SessionSpec? Spec { get; init; }

    /// <summary>What was last written there. Nothing is routed by it; a lost id is refused by it.</summary>
    public SessionStatus? Status { get; init; }

    /// <summary>Whether an operator wrote that the session's id is another session's. Such a session never gets the id.</summary>
    [JsonIgnore]
    public bool HasLostId => Status?.Conditions?.Any(c => c is { Type: SessionCondition.Ready, Reason: SessionCondition.SessionIdTaken }) ?? false;
}
