namespace SshGateway.Ssh.KeyExchange;

/// <summary>
/// One run of a key exchange method, used once: the initiator calls <see cref="Initiate"/> then <see cref="Complete"/>,
/// the responder calls <see cref="Respond"/>. Values travel as the body of a string (or of an mpint, which is encoded
/// alike). Initiator and responder may differ, as they do for key encapsulation.
/// </summary>
/// <exception cref="Wire.SshProtocolException">The peer's value is not acceptable.</exception>
internal interface IKeyExchange : IDisposable
{
    /// <summary>Makes the ephemeral key and returns the value of the first message (e, Q_C).</summary>
    byte[] Initiate();

    /// <summary>Takes the responder's value; returns the shared secret K as the hash takes it, with length.</summary>
    byte[] Complete(ReadOnlySpan<byte> reply);

    /// <summary>Takes the initiator's value; returns ours (f, Q_S) and K as it enters the exchange hash.</summary>
    (byte[] Reply, byte[] SharedSecret) Respond(ReadOnlySpan<byte> initiation);
}
