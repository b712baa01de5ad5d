using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.StatusPage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Metrics;

/// <summary>The four paths of the listener, and nothing else. No path is a file's.</summary>
internal sealed class MetricsEndpoints(
    Scrape scrape, StatusStreams streams, InventoryMonitor monitor, RequestGuard guard, ILogger logger)
{
    private const string PlainText = "text/plain; charset=utf-8";

    public async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested || exception is IOException)
        {
            // Whoever asked has gone.
        }
        catch (Exception exception)
        {
            logger.RequestFailed(context.Request.Path.Value ?? "", exception);
            if (!context.Response.HasStarted)
            {
                await WriteTextAsync(context, StatusCodes.Status500InternalServerError, "This did not work; see the log.");
            }
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        if (guard.Refusal(context.Request) is var (status, reason))
        {
            headers.Allow = status == StatusCodes.Status405MethodNotAllowed ? "GET, HEAD" : default;
            return WriteTextAsync(context, status, reason);
        }

        return context.Request.Path.Value switch
        {
            "/metrics" => WriteMetricsAsync(context),
            "/healthz" => WriteHealthAsync(context),
            "/" => WritePageAsync(context),
            "/events" => streams.ServeAsync(context),
            _ => WriteTextAsync(
                context, StatusCodes.Status404NotFound, "There are / for people, /metrics for Prometheus and /healthz."),
        };
    }

    private async Task WriteMetricsAsync(HttpContext context)
    {
        var text = await scrape.ReadAsync();
        await WriteAsync(context, "text/plain; version=0.0.4; charset=utf-8", text);
    }

    private static Task WritePageAsync(HttpContext context)
    {
        var nonce = Convert.ToBase64String(Guid.NewGuid().ToByteArray());
        context.Response.Headers.ContentSecurityPolicy = StatusPageFile.PolicyFor(nonce);
        return WriteAsync(context, "text/html; charset=utf-8", StatusPageFile.WithNonce(nonce));
    }

    /// <summary>Ill is a node that can offer nothing: a sick GPU among others is a matter of its own metrics.</summary>
    private Task WriteHealthAsync(HttpContext context)
    {
        var inventory = monitor.Current;
        var usable = inventory.Devices.Count(device => device.Health.IsUsable);
        var isIll = !inventory.Driver.IsLoaded || (usable == 0 && !inventory.Devices.IsEmpty);
        var text = inventory.Driver.IsLoaded
            ? $"{usable} of {inventory.Devices.Length} devices can be used."
            : $"The driver cannot be used ({DriverStateWord.Of(inventory.Driver.State)}): {inventory.Driver.Reason}";
        return WriteTextAsync(
            context, isIll ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK, text);
    }

    private static Task WriteTextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, PlainText, Encoding.UTF8.GetBytes($"{text}\n"));
    }

    private static async Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
