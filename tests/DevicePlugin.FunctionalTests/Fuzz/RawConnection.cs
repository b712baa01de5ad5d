using System.Net.Sockets;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Fuzz;

/// <summary>Bytes on a connection, without a protocol.</summary>
internal static class RawConnection
{
    /// <summary>
    /// Sends the bytes, and takes what comes back until the server has ended the connection, or says nothing more.
    /// </summary>
    public static async Task ExchangeAsync(Socket socket, byte[] bytes, TimeSpan patience)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            await socket.SendAsync(bytes).DefaultTimeout();
            using var silence = new CancellationTokenSource(patience);
            while (await socket.ReceiveAsync(buffer, silence.Token) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Being thrown out is an answer, and so is silence.
        }
    }
}
