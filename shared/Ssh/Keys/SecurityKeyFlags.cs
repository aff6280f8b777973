namespace SshGateway.Ssh.Keys;

/// <summary>What a security key vouches for with a signature: the flags of the FIDO authenticator data (OpenSSH PROTOCOL.u2f).</summary>
[Flags]
internal enum SecurityKeyFlags : byte
{
    None = 0,

    /// <summary>Somebody touched the key.</summary>
    UserPresent = 0x01,

    /// <summary>The key has verified who: by a PIN or a fingerprint.</summary>
    UserVerified = 0x04,
}
