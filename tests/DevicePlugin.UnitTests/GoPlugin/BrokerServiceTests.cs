using DevicePlugin.GoPlugin.Protocol;
using DevicePlugin.GoPlugin.Services;
using DevicePlugin.Tests;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.GoPlugin;

internal sealed class BrokerServiceTests
{
    [Test]
    public async Task IgnoreOffers_HostIsGone_EndsWithoutAnError()
    {
        using var logs = new TestLogs();
        var service = new BrokerService(logs.CreateLogger<BrokerService>());

        await service.IgnoreOffersAsync(new ResetStream(), CancellationToken.None).DefaultTimeout();
    }

    private sealed class ResetStream : IAsyncStreamReader<ConnInfo>
    {
        public ConnInfo Current => throw new InvalidOperationException();

        public Task<bool> MoveNext(CancellationToken cancellationToken) =>
            Task.FromException<bool>(new IOException("The client reset the request stream."));
    }
}
