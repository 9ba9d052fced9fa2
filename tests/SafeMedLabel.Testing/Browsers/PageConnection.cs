using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace SafeMedLabel.Testing.Browsers;

/// <summary>The network between a page and its server, which can be slow or cut.</summary>
public sealed partial class PageConnection
{
    private readonly ConcurrentQueue<Action> _held = new();
    private readonly IPage _page;
    private volatile IWebSocketRoute? _line;
    private volatile bool _isHolding;
    private volatile bool _isDropping;

    private PageConnection(IPage page)
    {
        _page = page;
    }

    /// <summary>Goes between a page, before it is loaded, and its server.</summary>
    public static async Task<PageConnection> UnderAsync(IPage page)
    {
        var connection = new PageConnection(page);
        await page.RouteWebSocketAsync(Circuit(), connection.Carry);
        return connection;
    }

    /// <summary>Holds back what calls to the server return; what the server draws arrives.</summary>
    public void HoldReplies() => _isHolding = true;

    /// <summary>Lets through what was held back.</summary>
    public void ReleaseReplies()
    {
        _isHolding = false;
        while (_held.TryDequeue(out var send))
        {
            send();
        }
    }

    /// <summary>From now on nothing that the page calls reaches the server.</summary>
    public void DropCalls() => _isDropping = true;

    /// <summary>Cuts the network.</summary>
    public async Task CutAsync()
    {
        await _page.Context.SetOfflineAsync(true);
        await _line!.CloseAsync();
    }

    /// <summary>Mends it.</summary>
    public Task MendAsync() => _page.Context.SetOfflineAsync(false);

    private void Carry(IWebSocketRoute page)
    {
        var server = page.ConnectToServer();
        _line = page;
        page.OnMessage(frame =>
        {
            if (!_isDropping)
            {
                Send(server, frame);
            }
        });
        server.OnMessage(frame =>
        {
            if (!_isHolding)
            {
                Send(page, frame);
                return;
            }
            foreach (var message in Messages(frame.Binary!))
            {
                if (Encoding.Latin1.GetString(message).Contains("JS.EndInvokeDotNet", StringComparison.Ordinal))
                {
                    _held.Enqueue(() => page.Send(message));
                }
                else
                {
                    page.Send(message);
                }
            }
        });
    }

    private static void Send(IWebSocketRoute side, IWebSocketFrame frame)
    {
        if (frame.Binary is { } bytes)
        {
            side.Send(bytes);
        }
        else
        {
            side.Send(frame.Text!);
        }
    }

    // What is sent at about the same time travels in one frame: messages, each behind its length in seven bits a byte, lowest first.
    private static IEnumerable<byte[]> Messages(byte[] frame)
    {
        for (var start = 0; start < frame.Length;)
        {
            var (length, shift, next) = (0, 0, start);
            do
            {
                length |= (frame[next] & 0x7F) << shift;
                shift += 7;
            }
            while ((frame[next++] & 0x80) != 0);
            yield return frame[start..(next + length)];
            start = next + length;
        }
    }

    [GeneratedRegex("/_blazor")]
    private static partial Regex Circuit();
}
