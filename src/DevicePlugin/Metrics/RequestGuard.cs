using System.Net;
using DevicePlugin.Nomad.Configuration;
using Microsoft.AspNetCore.Http;

namespace DevicePlugin.Metrics;

/// <summary>
/// Who may ask. A listener on loopback is reached by every page that a browser on this machine shows: one whose name was
/// made to mean 127.0.0.1 (DNS rebinding) still says its own name in Host.
/// </summary>
internal sealed class RequestGuard(HostPort address, bool isLoopback)
{
    /// <summary>The status of the refusal and its reason; null when the request is welcome.</summary>
    public (int Status, string Reason)? Refusal(HttpRequest request)
    {
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            return (StatusCodes.Status405MethodNotAllowed, "Only GET and HEAD are answered.");
        }

        return !isLoopback || IsOurs(request.Host.Host)
            ? null
            : (StatusCodes.Status421MisdirectedRequest,
                "This listener is bound to loopback and answers to no other name. A proxy in front of it must send the " +
                "address of metrics.address as Host.");
    }

    private bool IsOurs(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || string.Equals(host.Trim('[', ']'), address.Host, StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
