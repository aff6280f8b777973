namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>Whom an <see cref="EventLoop"/> tells of the events of a descriptor.</summary>
internal interface IEventHandler
{
    /// <summary>By the loop. Must not block.</summary>
    /// <param name="events">EPOLLIN and so on.</param>
    void OnEvents(uint events);
}
