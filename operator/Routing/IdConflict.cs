using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>A session does not have the id that is its name.</summary>
/// <param name="Holder">The session that has it; null when there is none any more.</param>
internal sealed record IdConflict(ObjectKey? Holder)
{
    /// <summary>What happened, and what to do.</summary>
    public string Describe() => Holder is { } holder
        ? $"the session id belongs to {holder}; this session does not get it, not even when that one is deleted: "
            + "delete this session and create it anew, under another name"
        : "the session id belonged to another session that existed together with this one, and does not pass on to it: "
            + "delete this session and create it anew";
}
