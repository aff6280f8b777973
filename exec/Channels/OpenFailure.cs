namespace SshGateway.Exec.Channels;

/// <summary>Why a channel is not opened.</summary>
/// <param name="Sentence">For the user.</param>
internal sealed record OpenFailure(OpenFailureReason Reason, string Sentence);

/// <summary>The reason codes of SSH_MSG_CHANNEL_OPEN_FAILURE: RFC 4254 section 5.1.</summary>
internal enum OpenFailureReason : uint
{
    AdministrativelyProhibited = 1,
    ConnectFailed = 2,
    UnknownChannelType = 3,
    ResourceShortage = 4,
}
