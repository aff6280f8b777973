using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Recording;

/// <summary>
/// Follows the session channels of one connection (RFC 4254 sections 5 and 6) by the messages that are relayed. It
/// judges none of them: both peers do that. A message that cannot be read is noted in the recording, which goes on:
/// otherwise such a message would be a way out of it. One caller at a time.
/// </summary>
internal sealed class ChannelFollower(ConnectionRecording connection)
{
    // OpenSSH's server allows 10 by default (MaxSessions).
    private const int MaxChannels = 128;

    // Forwarded connections.
    private const int MaxOthers = 16 * 1024;

    // Message number and recipient channel.
    private const int HeadSize = 1 + sizeof(uint);

    private readonly Dictionary<uint, SessionChannel> _byClient = [];
    private readonly Dictionary<uint, SessionChannel> _byPod = [];

    // How many channels that are no sessions have a number of the client's. A client that gives two channels one number
    // must not end the recording of one by closing the other: only the last close of a number counts.
    private readonly Dictionary<uint, int> _others = [];
    private int _opened;

    /// <summary>Messages that could not be read.</summary>
    public int Unreadable { get; private set; }

    /// <summary>A message on its way to the pod: the recipient channel is the pod's number.</summary>
    public void FromClient(ReadOnlySpan<byte> message)
    {
        SessionChannel? channel = null;
        try
        {
            if (message[0] == MessageNumber.ChannelOpen)
            {
                Open(message);
            }
            else if (message[0] == MessageNumber.ChannelOpenConfirmation)
            {
                // The pod opened it: it is no session.
                var reader = new SshReader(message[1..]);
                reader.ReadUInt32();
                AddOther(reader.ReadUInt32());
            }
            else if (TryFind(_byPod, message, out channel))
            {
                ReadFromClient(message, channel);
            }
            else if (message[0] == MessageNumber.ChannelRequest && message.Length >= HeadSize && IsOfSession(message[HeadSize..]))
            {
                // sshd takes requests in a channel that it has just opened, before its client can have read the number.
                // It is easy to guess, and what such a channel shows would not be recorded.
                connection.Refuse("its client used a session channel before it was open");
            }
        }
        catch (SshFormatException)
        {
            Unreadable++;
            channel?.Note($"the client sent a message {message[0]} that cannot be read");
        }
    }

    /// <summary>A message on its way to the client: the recipient channel is the client's number.</summary>
    public void FromPod(ReadOnlySpan<byte> message)
    {
        SessionChannel? channel = null;
        try
        {
            if (TryFind(_byClient, message, out channel))
            {
                ReadFromPod(message, channel);
            }
            if (message is [MessageNumber.ChannelClose or MessageNumber.ChannelOpenFailure, ..] && message.Length >= HeadSize)
            {
                Close(BinaryPrimitives.ReadUInt32BigEndian(message[1..]), channel);
            }
        }
        catch (SshFormatException)
        {
            Unreadable++;
            channel?.Note($"the pod sent a message {message[0]} that cannot be read");
        }
    }

    /// <summary>The connection has ended.</summary>
    public void End()
    {
        foreach (SessionChannel channel in All())
        {
            channel.End("connection ended");
        }
        Clear();
    }

    /// <summary>Gives all recordings up.</summary>
    /// <returns>Their files.</returns>
    public IReadOnlyList<RecordingFile> Abandon()
    {
        RecordingFile[] files = [.. All().Select(channel => channel.Abandon()).OfType<RecordingFile>()];
        Clear();
        return files;
    }

    private IEnumerable<SessionChannel> All() => _byClient.Values.Concat(_byPod.Values).Distinct();

    private void Clear()
    {
        _byClient.Clear();
        _byPod.Clear();
        _others.Clear();
    }

    private static bool TryFind(Dictionary<uint, SessionChannel> channels, ReadOnlySpan<byte> message, [NotNullWhen(true)] out SessionChannel? channel)
    {
        channel = null;
        return message[0] is > MessageNumber.ChannelOpen and <= MessageNumber.ConnectionLast && message.Length >= HeadSize
            && channels.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(message[1..]), out channel);
    }

    //  byte      SSH_MSG_CHANNEL_OPEN
    //  string    channel type
    //  uint32    sender channel
    private void Open(ReadOnlySpan<byte> message)
    {
        var reader = new SshReader(message[1..]);
        bool isSession = Name(reader.ReadString()).SequenceEqual("session"u8);
        uint number = reader.ReadUInt32();
        if (!isSession)
        {
            AddOther(number);
        }
        else if (_byClient.TryGetValue(number, out SessionChannel? same))
        {
            same.Channels++;
            same.Note("the client opened another channel with the same number; what follows is of both");
        }
        else if (_byClient.Count >= MaxChannels || _byPod.Count >= MaxChannels)
        {
            connection.Refuse($"it has more than {MaxChannels} session channels");
        }
        else
        {
            _byClient[number] = new SessionChannel(connection, ++_opened);
        }
    }

    // A pod that confirms one channel again and again, each time with another number, must not fill the memory.
    private void Confirm(uint number, SessionChannel channel)
    {
        if (_byPod.Count >= MaxChannels && !_byPod.ContainsKey(number))
        {
            connection.Refuse($"its pod confirmed more than {MaxChannels} session channels");
            return;
        }
        _byPod[number] = channel;
    }

    private void AddOther(uint number)
    {
        if (_others.Count >= MaxOthers)
        {
            connection.Refuse($"it has more than {MaxOthers} channels that are no sessions");
            return;
        }
        _others[number] = _others.GetValueOrDefault(number) + 1;
    }

    private void Close(uint number, SessionChannel? session)
    {
        if (_others.TryGetValue(number, out int others))
        {
            if (others > 1)
            {
                _others[number] = others - 1;
            }
            else
            {
                _others.Remove(number);
            }
        }
        else if (session is not null && --session.Channels == 0)
        {
            // Nothing comes behind it (section 5.3).
            session.End("channel closed");
            _byClient.Remove(number);
        }
    }

    private void ReadFromClient(ReadOnlySpan<byte> message, SessionChannel channel)
    {
        switch (message[0])
        {
            case MessageNumber.ChannelData:
                channel.Input(Data(message[HeadSize..]));
                break;
            case MessageNumber.ChannelRequest:
                ReadRequest(message[HeadSize..], channel);
                break;
            case MessageNumber.ChannelClose:
                _byPod.Remove(BinaryPrimitives.ReadUInt32BigEndian(message[1..]));
                break;
        }
    }

    private void ReadFromPod(ReadOnlySpan<byte> message, SessionChannel channel)
    {
        switch (message[0])
        {
            case MessageNumber.ChannelOpenConfirmation:
                Confirm(new SshReader(message[HeadSize..]).ReadUInt32(), channel);
                break;
            case MessageNumber.ChannelData:
                channel.Output(Data(message[HeadSize..]), isError: false);
                break;
            case MessageNumber.ChannelExtendedData:
                var reader = new SshReader(message[HeadSize..]);
                reader.ReadUInt32();
                channel.Output(reader.ReadString(), isError: true);
                break;
            case MessageNumber.ChannelRequest:
                ReadStatus(message[HeadSize..], channel);
                break;
        }
    }

    // Requests that only sessions know (RFC 4254 sections 6.2 and 6.5).
    private static bool IsOfSession(ReadOnlySpan<byte> request)
    {
        ReadOnlySpan<byte> type = Name(new SshReader(request).ReadString());
        return type.SequenceEqual("pty-req"u8) || type.SequenceEqual("shell"u8) || type.SequenceEqual("exec"u8) || type.SequenceEqual("subsystem"u8);
    }

    //  string    request type
    //  boolean   want reply
    //  ....      type-specific data
    private static void ReadRequest(ReadOnlySpan<byte> request, SessionChannel channel)
    {
        var reader = new SshReader(request);
        ReadOnlySpan<byte> type = Name(reader.ReadString());
        reader.ReadBoolean();
        if (type.SequenceEqual("pty-req"u8))
        {
            channel.SetTerminal(Name(reader.ReadString()), reader.ReadUInt32(), reader.ReadUInt32());
        }
        else if (type.SequenceEqual("shell"u8))
        {
            channel.SetProgram(null);
        }
        else if (type.SequenceEqual("exec"u8))
        {
            channel.SetProgram(SessionChannel.Text(reader.ReadString()));
        }
        else if (type.SequenceEqual("subsystem"u8))
        {
            channel.SetProgram($"subsystem {SessionChannel.Text(Name(reader.ReadString()))}");
        }
        else if (type.SequenceEqual("window-change"u8))
        {
            channel.Resize(reader.ReadUInt32(), reader.ReadUInt32());
        }
    }

    private static void ReadStatus(ReadOnlySpan<byte> request, SessionChannel channel)
    {
        var reader = new SshReader(request);
        ReadOnlySpan<byte> type = Name(reader.ReadString());
        reader.ReadBoolean();
        if (type.SequenceEqual("exit-status"u8))
        {
            channel.SetStatus($"exit status {reader.ReadUInt32()}");
        }
        else if (type.SequenceEqual("exit-signal"u8))
        {
            channel.SetStatus($"signal {SessionChannel.Text(reader.ReadString(), max: 32)}");
        }
    }

    // Its length, and all of it that is there.
    private static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> field) => new SshReader(field).ReadString();

    // OpenSSH accepts a NUL at the end of a name (sshbuf_get_cstring).
    private static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> name) => name is [.., 0] ? name[..^1] : name;
}
