{{- define "milvus.name" -}}
{{- default "milvus" .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "milvus.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "milvus.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "milvus.matchLabels" -}}
app.kubernetes.io/name: {{ include "milvus.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "milvus.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{ include "milvus.matchLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "milvus.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "milvus.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "milvus.etcd.fullname" -}}
{{- printf "%s-etcd" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "milvus.etcd.matchLabels" -}}
app.kubernetes.io/name: etcd
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Stops with a sentence when a key of the store is among the values. */}}
{{- define "milvus.refuseKeys" -}}
{{- $remedy := "values end in a ConfigMap and in Helm's own record, so keys of the store come from a Secret by standalone.extraEnv (MINIO_ACCESS_KEY_ID, MINIO_SECRET_ACCESS_KEY)" -}}
{{- range $name := list "accessKey" "secretKey" -}}
{{- if index $.Values.externalS3 $name -}}
{{- fail (printf "externalS3.%s must stay empty: %s" $name $remedy) -}}
{{- end -}}
{{- end -}}
{{- range .Values.standalone.extraEnv -}}
{{- if and .value (has .name (list "MINIO_ACCESS_KEY_ID" "MINIO_SECRET_ACCESS_KEY" "COMMON_SECURITY_DEFAULTROOTPASSWORD")) -}}
{{- fail (printf "standalone.extraEnv must give %s by valueFrom.secretKeyRef, not by value: %s" .name $remedy) -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "(?i)(accessKeyID|secretAccessKey|defaultRootPassword)" (index .Values.extraConfigFiles "user.yaml") -}}
{{- fail (printf "extraConfigFiles.user.yaml must name no key and no password: %s" $remedy) -}}
{{- end -}}
{{- end -}}
