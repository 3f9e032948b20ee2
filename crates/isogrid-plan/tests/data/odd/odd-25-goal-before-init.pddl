; twin: wires-problem
(define (problem three-nodes) (:domain wires)
  (:objects n1 n2 n3 n4 - node)
  (:goal (and (seen n3) (seen n4)))
  (:init (source n1) (wire n1 n2) (wire n2 n3) (wire n1 n4)))
