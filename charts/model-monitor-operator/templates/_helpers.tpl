{{- define "model-monitor-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* At most 52 characters, so that the longest ending still makes a valid name. */}}
{{- define "model-monitor-operator.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "model-monitor-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "model-monitor-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "model-monitor-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "model-monitor-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: model-monitor-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "model-monitor-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "model-monitor-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "model-monitor-operator.runnerRoleName" -}}
{{ include "model-monitor-operator.fullname" . }}-runner
{{- end }}

{{/* A whole image reference, of a dict with root and image. */}}
{{- define "model-monitor-operator.image" -}}
{{- $repository := .image.repository }}
{{- with .root.Values.image.registry }}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository }}
{{- end }}
{{- if .image.digest }}
{{- printf "%s@%s" $repository .image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion .image.tag) }}
{{- end }}
{{- end }}

{{/* What the admission policies look at: everything that changes what runs do. */}}
{{- define "model-monitor-operator.policyScope" -}}
matchConstraints:
  resourceRules:
    - apiGroups: ["modelmonitor.dev"]
      apiVersions: ["*"]
      operations: ["CREATE", "UPDATE"]
      resources: ["baselines", "monitoringschedules", "monitoringexecutions"]
      # The default, written out: an apply would else find a difference each time.
      scope: "*"
matchConditions:
  # Labels, and deletion by the garbage collector, are nobody's gain.
  - name: spec-changes
    expression: "request.operation == 'CREATE' || object.spec != oldObject.spec"
{{- end }}
