using System.Net;
using System.Text;

namespace DevicePlugin.FunctionalTests.Metrics;

/// <summary>The two paths of Nomad's HTTP API that are asked, with answers that a test sets.</summary>
internal sealed class NomadDouble : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly SemaphoreSlim _asked = new(0);

    public NomadDouble()
    {
        // HttpListener takes no port 0; a port that is taken meanwhile is tried again.
        for (var port = Random.Shared.Next(20_000, 30_000); ; port++)
        {
            Address = $"http://127.0.0.1:{port}";
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add($"{Address}/");
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException)
            {
            }
        }

        _ = AnswerAsync();
    }

    public string Address { get; }

    public string Allocations { get; set; } = "[]";

    public int Status { get; set; } = 200;

    public string? LastToken { get; private set; }

    public string? LastQuery { get; private set; }

    /// <summary>Waits for one more answer.</summary>
    public Task NextAsync() => _asked.WaitAsync();

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            LastToken = context.Request.Headers["X-Nomad-Token"];
            var isSelf = context.Request.Url!.AbsolutePath == "/v1/agent/self";
            LastQuery = isSelf ? LastQuery : context.Request.QueryString["filter"];
            context.Response.StatusCode = Status;
            context.Response.Close(
                Encoding.UTF8.GetBytes(isSelf ? """{"stats": {"client": {"node_id": "node-7"}}}""" : Allocations),
                willBlock: true);
            _asked.Release();
        }
    }
}
