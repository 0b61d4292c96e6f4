# The webhook and the command line, for amd64 and arm64:
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg REVISION="$(git rev-parse HEAD)" --tag REGISTRY/admission-webhook:0.1.0 --sbom=true --provenance=true --push .

# The SDK runs on the machine that builds, whatever the image is for: ReadyToRun compiles across architectures, and nothing is emulated.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ARG TARGETARCH
WORKDIR /source

# Packages change more rarely than code.
COPY global.json .editorconfig BannedSymbols.txt Directory.Build.props Directory.Packages.props ./
COPY src/AdmissionWebhook.Policy/AdmissionWebhook.Policy.csproj src/AdmissionWebhook.Policy/
COPY src/AdmissionWebhook.KubernetesApi/AdmissionWebhook.KubernetesApi.csproj src/AdmissionWebhook.KubernetesApi/
COPY src/AdmissionWebhook.Server/AdmissionWebhook.Server.csproj src/AdmissionWebhook.Server/
COPY src/AdmissionWebhook.Cli/AdmissionWebhook.Cli.csproj src/AdmissionWebhook.Cli/
RUN case "$TARGETARCH" in amd64) echo linux-x64 ;; arm64) echo linux-arm64 ;; *) exit 1 ;; esac > /runtime \
 && dotnet restore src/AdmissionWebhook.Server/AdmissionWebhook.Server.csproj --runtime "$(cat /runtime)" -p:PublishReadyToRun=true \
 && dotnet restore src/AdmissionWebhook.Cli/AdmissionWebhook.Cli.csproj --runtime "$(cat /runtime)" -p:PublishReadyToRun=true

COPY config config
COPY src src
RUN dotnet publish src/AdmissionWebhook.Server/AdmissionWebhook.Server.csproj --no-restore --configuration Release --runtime "$(cat /runtime)" --self-contained false -p:DebugType=none -p:SatelliteResourceLanguages=en --output /app \
 && dotnet publish src/AdmissionWebhook.Cli/AdmissionWebhook.Cli.csproj --no-restore --configuration Release --runtime "$(cat /runtime)" --self-contained false -p:DebugType=none -p:SatelliteResourceLanguages=en --output /app

# Chiseled: no shell, no package manager, and a user of its own. Cultures and time zones are not used, so it need not be an -extra.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
ARG REVISION=unknown
LABEL org.opencontainers.image.title="admission-webhook" \
      org.opencontainers.image.description="Admission control for the objects through which traffic enters a Kubernetes cluster" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled"

# Of the memory limit, 60 % (in hexadecimal) are for the heap, and the rest for code, connections and threads. Without diagnostics nothing is written to /tmp, which is read-only.
ENV DOTNET_GCHeapHardLimitPercent=0x3C \
    DOTNET_EnableDiagnostics=0

WORKDIR /app
COPY --from=build /app .
COPY LICENSE .
USER $APP_UID
EXPOSE 8443 8080
ENTRYPOINT ["/app/AdmissionWebhook.Server"]
