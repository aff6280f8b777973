namespace SshGateway.Ssh.Wire;

/// <summary>Message numbers: RFC 4250 section 4.1.2, and the extensions named with each.</summary>
internal static class MessageNumber
{
    // Transport layer, generic: RFC 4253 section 12.
    public const byte Disconnect = 1;
    public const byte Ignore = 2;
    public const byte Unimplemented = 3;
    public const byte Debug = 4;
    public const byte ServiceRequest = 5;
    public const byte ServiceAccept = 6;

    /// <summary>RFC 8308.</summary>
    public const byte ExtInfo = 7;

    // Key exchange: RFC 4253 section 12; 30 to 49 belong to the method.
    public const byte KexInit = 20;
    public const byte NewKeys = 21;
    public const byte KexMethodFirst = 30;

    /// <summary>SSH_MSG_KEXDH_INIT and SSH_MSG_KEX_ECDH_INIT.</summary>
    public const byte KexEcdhInit = 30;

    /// <summary>SSH_MSG_KEXDH_REPLY and SSH_MSG_KEX_ECDH_REPLY.</summary>
    public const byte KexEcdhReply = 31;
    public const byte KexLast = 49;

    // Authentication: RFC 4252 section 6; 60 to 79 belong to the method.
    public const byte UserAuthRequest = 50;
    public const byte UserAuthFailure = 51;
    public const byte UserAuthSuccess = 52;
    public const byte UserAuthBanner = 53;
    public const byte UserAuthPublicKeyOk = 60;
    public const byte UserAuthLast = 79;

    // Connection protocol: RFC 4254 section 9. Everything from 80 to 100 is relayed.
    public const byte GlobalRequest = 80;
    public const byte RequestSuccess = 81;
    public const byte RequestFailure = 82;
    public const byte ChannelOpen = 90;
    public const byte ChannelOpenConfirmation = 91;
    public const byte ChannelOpenFailure = 92;
    public const byte ChannelData = 94;
    public const byte ChannelExtendedData = 95;
    public const byte ChannelClose = 97;
    public const byte ChannelRequest = 98;
    public const byte ConnectionLast = 100;

    // ping@openssh.com: OpenSSH PROTOCOL section 1.8.
    public const byte Ping = 192;
    public const byte Pong = 193;
}
