using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Authentication;

/// <summary>The head of SSH_MSG_USERAUTH_REQUEST: RFC 4252 section 5. The spans point into the message.</summary>
internal readonly ref struct UserAuthRequest
{
    private UserAuthRequest(ReadOnlySpan<byte> user, ReadOnlySpan<byte> service, ReadOnlySpan<byte> method, SshReader methodFields)
    {
        User = user;
        Service = service;
        Method = method;
        MethodFields = methodFields;
    }

    public ReadOnlySpan<byte> User { get; }

    public ReadOnlySpan<byte> Service { get; }

    public ReadOnlySpan<byte> Method { get; }

    /// <summary>What the method defines.</summary>
    public SshReader MethodFields { get; }

    //  byte      SSH_MSG_USERAUTH_REQUEST
    //  string    user name
    //  string    service name
    //  string    method name
    //  ....      method specific fields
    public static UserAuthRequest Parse(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload);
        if (reader.ReadByte() != MessageNumber.UserAuthRequest)
        {
            throw new SshProtocolException($"message {payload[0]} before authentication");
        }
        ReadOnlySpan<byte> user = reader.ReadString();
        ReadOnlySpan<byte> service = reader.ReadString();
        ReadOnlySpan<byte> method = reader.ReadString();
        return new UserAuthRequest(user, service, method, reader);
    }
}
