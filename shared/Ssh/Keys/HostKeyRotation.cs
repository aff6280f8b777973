using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>
/// How clients learn new host keys without being asked: OpenSSH PROTOCOL section 2.5. The server lists its keys, and
/// the client has it prove those that it does not know yet. It then forgets the ones that the server has no more.
/// </summary>
internal static class HostKeyRotation
{
    private static readonly byte[] Failure = [MessageNumber.RequestFailure];

    // These clients close the connection when they receive the list. sshd does not send it to them either (OpenSSH's
    // compat.c, SSH_BUG_HOSTKEYS).
    private static readonly string[] IntolerantSoftware =
    [
        "Cisco-1.", "TeraTerm SSH", "TTSSH/1.5.", "TTSSH/2.1", "TTSSH/2.2", "TTSSH/2.3", "TTSSH/2.4", "TTSSH/2.5",
        "TTSSH/2.6", "TTSSH/2.70", "TTSSH/2.71", "TTSSH/2.72",
    ];

    /// <summary>The name of the request that asks for proof.</summary>
    public static ReadOnlySpan<byte> ProofRequest => "hostkeys-prove-00@openssh.com"u8;

    /// <summary>Whether a client accepts the list of host keys.</summary>
    /// <param name="identification">The client's identification line: <c>SSH-2.0-software comments</c>.</param>
    public static bool IsToleratedBy(string identification)
    {
        string software = identification[(identification.IndexOf('-', "SSH-".Length) + 1)..];
        return !IntolerantSoftware.Any(prefix => software.StartsWith(prefix, StringComparison.Ordinal));
    }

    //  byte      SSH_MSG_GLOBAL_REQUEST
    //  string    "hostkeys-00@openssh.com"
    //  boolean   FALSE
    //  string[]  host keys
    public static byte[] Announce(HostKeySet keys)
    {
        SshWriter message = SshWriter.Message(MessageNumber.GlobalRequest).WriteString("hostkeys-00@openssh.com").WriteBoolean(false);
        foreach (SshPublicKey key in keys.PublicKeys)
        {
            message.WriteString(key.Blob.Span);
        }
        return message.ToArray();
    }

    //  byte      SSH_MSG_GLOBAL_REQUEST
    //  string    "hostkeys-prove-00@openssh.com"
    //  boolean   TRUE
    //  string[]  host keys
    // is answered with
    //  byte      SSH_MSG_REQUEST_SUCCESS
    //  string[]  for each key its signature over
    //      string  "hostkeys-prove-00@openssh.com"
    //      string  session identifier
    //      string  the key
    /// <summary>The reply to a request for proof; null: it wants none.</summary>
    /// <param name="keys">The keys that were announced.</param>
    /// <param name="negotiated">The key exchange's signature algorithm, with which RSA keys have to sign where it is
    /// theirs.</param>
    /// <param name="sessionId">Of this connection.</param>
    /// <exception cref="SshFormatException">The request is malformed.</exception>
    public static byte[]? Prove(ReadOnlySpan<byte> request, HostKeySet keys, string negotiated, ReadOnlySpan<byte> sessionId)
    {
        var reader = new SshReader(request[1..]);
        reader.ReadString();
        if (!reader.ReadBoolean())
        {
            return null;
        }
        SshWriter reply = SshWriter.Message(MessageNumber.RequestSuccess);
        var proven = new HashSet<SshPrivateKey>();
        while (reader.Remaining > 0)
        {
            ReadOnlySpan<byte> blob = reader.ReadString();
            // Each key once: a request must not cost more than the keys are.
            if (keys.Find(blob) is not { } key || !proven.Add(key))
            {
                return Failure;
            }
            byte[] signed = new SshWriter().WriteString(ProofRequest).WriteString(sessionId).WriteString(blob).ToArray();
            SignatureAlgorithm? same = SignatureAlgorithm.OfKeyType(key.PublicKey.Type).FirstOrDefault(algorithm => algorithm.Name == negotiated);
            reply.WriteString(key.Sign(same ?? key.PreferredAlgorithm, signed));
        }
        return proven.Count > 0 ? reply.ToArray() : Failure;
    }
}
